package dev.sampo.text.decoding;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.internal.Matrices;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An encoder-decoder Transformer as Optimum exports it, in three files (encoder, decoder, decoder with past) or with a merged decoder that
 * {@code use_cache_branch} switches. The encoder and the cross-attention blocks are computed once.
 */
public final class EncoderDecoderModel implements TextModel {
  static final String FEATURES = "input_features";
  static final String HIDDEN = "encoder_hidden_states";
  static final String ENCODER_MASK = "encoder_attention_mask";
  static final String DECODER_MASK = "decoder_attention_mask";

  private final Graph encoder;
  private final Graph first;
  private final @Nullable Graph withPast;
  private final JsonNode config;
  private final Gather gather;
  private final int vocabularySize;
  private final List<Caches.Pair> caches;

  /**
   * @param first the decoder of the first step: {@code decoder_model} or the merged one
   * @param withPast the decoder of later steps; the same as {@code first} if merged, null if there is none
   */
  EncoderDecoderModel(
      Graph encoder, Graph first, @Nullable Graph withPast, JsonNode config, Gather gather) {
    this.encoder = encoder;
    this.first = first;
    this.withPast = withPast;
    this.config = config;
    this.gather = gather;
    this.vocabularySize = CausalModel.vocabularySize(first, config);
    this.caches = withPast == null ? Collections.emptyList() : Caches.of(withPast);
    check(first);
    if (withPast != null) {
      check(withPast);
    }
  }

  private static void check(Graph graph) {
    List<String> known =
        List.of(
            CausalModel.IDS,
            HIDDEN,
            ENCODER_MASK,
            DECODER_MASK,
            CausalModel.BRANCH,
            "cache_position");
    for (String name : graph.inputs().keySet()) {
      if (!known.contains(name) && !name.startsWith("past_key_values.")) {
        throw new ModelException(
            graph.path(),
            "Input \'"
                + name
                + "' of "
                + graph.name()
                + " is unknown for a decoder. Known: "
                + String.join(", ", known)
                + ", past_key_values.N.decoder|encoder.key|value.");
      }
    }
  }

  @Override
  public int vocabularySize() {
    return vocabularySize;
  }

  @Override
  public boolean isEncoderDecoder() {
    return true;
  }

  @Override
  public int maxPositions() {
    return CausalModel.maxPositions(config);
  }

  /** The decoder of the first step. */
  public Graph first() {
    return first;
  }

  @Nullable Graph withPast() {
    return withPast;
  }

  /** The key/value pairs of later steps. */
  List<Caches.Pair> caches() {
    return caches;
  }

  JsonNode config() {
    return config;
  }

  Gather gather() {
    return gather;
  }

  /** The encoder's output; the caller closes it. */
  Tensor encode(Batch batch, CancellationToken token) {
    Tensor features = batch.features();
    if (encoder.inputs().containsKey(FEATURES)) {
      if (features == null) {
        throw new RequestException(
            "inputFeatures",
            encoder.name()
                + " reads audio. Give log-mel frames, with inputFeatures, in place of a prompt.");
      }
      try (Outputs outputs =
          encoder.runResident(
              Collections.singletonMap(FEATURES, features),
              Collections.emptySet(),
              Collections.singleton("last_hidden_state"),
              token)) {
        return outputs.take("last_hidden_state");
      }
    }
    if (features != null) {
      throw new RequestException(
          "inputFeatures",
          encoder.name() + " reads token ids, not audio. Give a prompt in place of inputFeatures.");
    }
    try (Tensor ids = Matrices.longs(batch.ids());
        Tensor mask = Matrices.longs(batch.mask())) {
      Map<String, Tensor> inputs = new LinkedHashMap<>();
      inputs.put(CausalModel.IDS, ids);
      inputs.put(CausalModel.MASK, mask);
      inputs.keySet().retainAll(encoder.inputs().keySet());
      try (Outputs outputs =
          encoder.runResident(
              inputs, Collections.emptySet(), Collections.singleton("last_hidden_state"), token)) {
        return outputs.take("last_hidden_state");
      }
    }
  }

  @Override
  public DecodingState start(Batch batch, int copies, boolean useCache, CancellationToken token) {
    EncoderDecoderState state =
        new EncoderDecoderState(this, batch, encode(batch, token), useCache && withPast != null);
    try {
      state.begin(batch.decoderIds(), token);
      state.spread(copies, token);
      return state;
    } catch (RuntimeException | Error e) {
      state.close();
      throw e;
    }
  }

  @Override
  public float[] scoreAll(Batch batch, CancellationToken token) {
    try (EncoderDecoderState state =
        new EncoderDecoderState(this, batch, encode(batch, token), false)) {
      return state.scoreAll(batch.decoderIds(), token);
    }
  }

  @Override
  public void close() {
    encoder.close();
    first.close();
    if (withPast != null) {
      withPast.close();
    }
    gather.close();
  }
}
