package dev.sampo.export.graph;

/** An encoder of sound: {@code input_features} [batch, mels, frames], attention without a mask, {@code last_hidden_state}. */
public final class SoundNet {
  private static final String BATCH = "batch_size";

  private final Net net;
  private final String features;

  public SoundNet(Net net, int mels, int frames) {
    this.net = net;
    features = net.floatInput("input_features", BATCH, mels, frames);
  }

  public String features() {
    return features;
  }

  /** Attention in both directions. */
  public String attention(Attention a, String q, String k, String v) {
    return net.plain()
        ? Attend.run(net, a, q, Attend.heads(net, k, a), Attend.heads(net, v, a), null)
        : Attend.fused(net, a, q, k, v, null);
  }

  /** Makes the hidden states the output. */
  public void hidden(String x, int positions, int size) {
    net.output(x, "last_hidden_state", BATCH, positions, size);
  }
}
