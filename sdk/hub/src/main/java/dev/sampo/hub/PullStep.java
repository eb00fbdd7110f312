package dev.sampo.hub;

import dev.sampo.Progress;

/**
 * How far a pull is. Several files come at once, so a step may be of another file than the last one.
 *
 * @param done bytes that are there
 * @param total bytes of all files of the pull
 * @param file the file that the last bytes were of
 */
public record PullStep(long done, long total, String file) implements Progress.Step {}
