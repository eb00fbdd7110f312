package dev.sampo.training.graph;

import java.util.Map;

/**
 * What one micro-batch gave.
 *
 * @param loss before the update
 * @param metrics other numbers of the objective
 * @param updated whether the weights moved: with accumulation only every n-th time
 * @param gradNorm the length of the averaged gradient before clipping; NaN where the back end does not tell
 */
public record StepResult(
    float loss, Map<String, Float> metrics, boolean updated, double gradNorm) {}
