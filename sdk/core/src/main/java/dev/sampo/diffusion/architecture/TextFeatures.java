package dev.sampo.diffusion.architecture;

/**
 * What the network attends to.
 *
 * @param length positions of a prompt
 * @param features [batch, length, width]
 * @param pooled [batch, pooledWidth], empty where the network takes none
 * @param mask 1 for positions that count, 0 for others [batch, length]
 */
@SuppressWarnings("ArrayRecordComponent")
public record TextFeatures(int length, float[] features, float[] pooled, long[] mask) {}
