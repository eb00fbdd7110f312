package dev.sampo.export.optimize;

/**
 * Queries or keys with rotary positions, as they were found.
 *
 * @param before the value before it is turned
 * @param cos the cosines that it is multiplied with
 * @param sin the sines
 */
record Turned(String before, String cos, String sin) {}
