package dev.sampo.export.graph;

/**
 * Buckets of distances, T5's (Raffel et al. 2019, arXiv:1910.10683, 2.1): near ones have a bucket each, far ones share buckets whose width grows
 * with the logarithm, up to a greatest distance.
 *
 * @param buckets number of buckets
 * @param maxDistance distance from which on all share the last one
 * @param bothWays whether what comes after has half of the buckets
 */
public record RelativePositions(int buckets, int maxDistance, boolean bothWays) {

  /** The bucket of each distance from 0 to the greatest, of one direction; float32 arithmetic as the reference. */
  long[] table() {
    int half = bothWays ? buckets / 2 : buckets;
    int exact = half / 2;
    long[] table = new long[maxDistance + 1];
    float scale = (float) Math.log((double) maxDistance / exact);
    for (int d = 0; d <= maxDistance; d++) {
      if (d < exact) {
        table[d] = d;
      } else {
        float log = (float) Math.log((float) d / exact) / scale * (half - exact);
        table[d] = Math.min(half - 1, exact + (long) log);
      }
    }
    return table;
  }

  /**
   * The bias of positions.
   *
   * @param weight name of the table [buckets, heads]
   * @param query positions of the queries [sequence], int64
   * @param key positions of the keys [length]
   * @return [1, heads, sequence, length]
   */
  public String bias(Net net, String weight, int heads, String query, String key) {
    String apart = net.sub(net.unsqueeze(key, 0), net.unsqueeze(query, 1));
    String distance =
        bothWays ? net.op("Abs", apart) : net.op("Max", net.op("Neg", apart), net.longScalar(0));
    String near = net.op("Min", distance, net.longScalar(maxDistance));
    String bucket = net.gather(net.longs(table()), near, 0);
    if (bothWays) {
      String after = net.op("Greater", apart, net.longScalar(0));
      bucket =
          net.add(bucket, net.op("Where", after, net.longScalar(buckets / 2), net.longScalar(0)));
    }
    String values = net.gather(net.weight(weight, buckets, heads), bucket, 0);
    return net.unsqueeze(net.transpose(values, 2, 0, 1), 0);
  }
}
