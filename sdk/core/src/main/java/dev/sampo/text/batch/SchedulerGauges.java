package dev.sampo.text.batch;

/**
 * What a {@link GenerationScheduler} is at and has done, at one moment.
 *
 * @param queued requests that wait
 * @param running requests that are being worked on
 * @param rows sequences that the next step has
 * @param cacheBytes bytes of keys and values, common beginnings included
 * @param steps steps so far that rows took together
 * @param tokens tokens that were generated so far
 * @param promptTokens ids of prompts that were read so far
 * @param prefixTokens ids of prompts that were not read, since a common beginning had them
 * @param completed requests that came to their end
 * @param cancelled requests that were given up
 * @param failed requests that ended in an error
 */
public record SchedulerGauges(
    int queued,
    int running,
    int rows,
    long cacheBytes,
    long steps,
    long tokens,
    long promptTokens,
    long prefixTokens,
    long completed,
    long cancelled,
    long failed) {}
