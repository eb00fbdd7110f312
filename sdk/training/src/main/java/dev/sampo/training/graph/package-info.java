/**
 * What is trained: models with an objective, differentiated ({@link dev.sampo.training.graph.TrainingGraph}), and what trains it step by step
 * ({@link dev.sampo.training.graph.FineTuner}).
 */
@NullMarked
package dev.sampo.training.graph;

import org.jspecify.annotations.NullMarked;
