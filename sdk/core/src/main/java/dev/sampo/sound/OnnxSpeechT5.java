package dev.sampo.sound;

import dev.sampo.error.CancelledException;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.internal.Seeds;
import dev.sampo.internal.Stopwatch;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** SpeechT5 on ONNX Runtime: mel frames one step after the other, until the model says that it is done; then postnet and vocoder over all of them. */
final class OnnxSpeechT5 implements SpeechPipeline {
  private static final Set<String> STEP =
      Collections.unmodifiableSet(new LinkedHashSet<>(Arrays.asList("spectrum", "prob")));

  private final ModelFolder folder;
  private final SpeechText text;
  private final Graph encoder;
  private final Graph decoder;
  private final Graph vocoder;
  private final int melCount;
  private final int sampleRateHz;
  private final double loadMillis;

  private OnnxSpeechT5(ModelFolder folder, List<Graph> graphs, double loadMillis) {
    this.folder = folder;
    this.text = new SpeechText(folder);
    this.encoder = graphs.get(0);
    this.decoder = graphs.get(1);
    this.vocoder = graphs.get(2);
    this.loadMillis = loadMillis;
    this.melCount = (int) decoder.inputs().get("output_sequence").shape().dim(2);
    if (melCount < 1) {
      throw new ModelException(
          decoder.path(), decoder.name() + " does not declare the number of its mels.");
    }
    // The published vocoder makes 16 kHz; its own file says so where it is there.
    this.sampleRateHz =
        folder.jsonOrEmpty("vocoder_config.json").path("sampling_rate").asInt(16000);
  }

  static OnnxSpeechT5 open(ModelFolder folder, SessionConfig session) {
    long start = System.nanoTime();
    List<Graph> graphs = new ArrayList<>();
    try {
      for (String name : new String[] {"encoder", "decoder_merged", "vocoder"}) {
        graphs.add(folder.load(name, session));
      }
      return new OnnxSpeechT5(folder, graphs, (System.nanoTime() - start) / 1e6);
    } catch (RuntimeException e) {
      graphs.forEach(Graph::close);
      throw e;
    }
  }

  @Override
  public String name() {
    return folder.name();
  }

  @Override
  public Family family() {
    return Family.SPEECHT5;
  }

  @Override
  public int sampleRateHz() {
    return sampleRateHz;
  }

  @Override
  public int speakerCount() {
    return 1;
  }

  @Override
  public int speakerEmbeddingSize() {
    return decoder.inputs().containsKey("speaker_embeddings")
        ? (int) decoder.inputs().get("speaker_embeddings").shape().dim(1)
        : 0;
  }

  @Override
  public SpeechResult speak(SpeechRequest request) {
    Stopwatch clock = new Stopwatch(loadMillis);
    checkOptions(request);
    List<int[]> ids = text.ids(request);
    long seed = Seeds.orDrawn(request.seed());
    clock.loopBegins();
    List<Utterance> said = new ArrayList<>();
    long steps = 0;
    try {
      for (int[] row : ids) {
        Frames frames = frames(row, request);
        steps += frames.stepCount();
        said.add(
            new Utterance(
                row,
                sampleRateHz,
                vocode(frames, request.cancellation()),
                frames.mels,
                frames.mels.length / melCount,
                frames.ends));
        request.watch().at(said.size(), ids.size());
      }
    } catch (CancelledException e) {
      clock.loopEnds(steps);
      throw new CancelledException(
          String.valueOf(e.getMessage()),
          e,
          new SpeechResult(sampleRateHz, said, seed, clock.timings()));
    }
    clock.loopEnds(steps);
    return new SpeechResult(sampleRateHz, said, seed, clock.timings());
  }

  private void checkOptions(SpeechRequest request) {
    if (request.speaker() != null && request.speaker() != 0) {
      throw new RequestException(
          "speaker", name() + " knows speakers by their vectors: give speakerEmbedding.");
    }
    int wanted = speakerEmbeddingSize();
    int got = request.speakerEmbedding().length;
    if (wanted > 0 && got != wanted) {
      throw new RequestException(
          "speakerEmbedding",
          name() + " wants the vector of a speaker, " + wanted + " numbers, got " + got + ".");
    }
    if (request.speakingRate() != null
        || request.noiseScale() != null
        || request.noiseScaleDuration() != null) {
      throw new RequestException(
          "speakingRate",
          "speakingRate, noiseScale and noiseScaleDuration are options of VITS; "
              + name()
              + " is a SpeechT5.");
    }
  }

  /** Mel frames and end probabilities of one text, growing. */
  private static final class Frames {
    private float[] mels = new float[0];
    private float[] ends = new float[0];
    private int perStep;

    void add(float[] spectrum, float[] prob) {
      int had = mels.length;
      mels = Arrays.copyOf(mels, had + spectrum.length);
      System.arraycopy(spectrum, 0, mels, had, spectrum.length);
      int before = ends.length;
      ends = Arrays.copyOf(ends, before + prob.length);
      System.arraycopy(prob, 0, ends, before, prob.length);
      perStep = prob.length;
    }

    long stepCount() {
      return perStep == 0 ? 0 : ends.length / perStep;
    }
  }

  private Frames frames(int[] ids, SpeechRequest request) {
    long[] row = new long[ids.length];
    for (int i = 0; i < row.length; i++) {
      row[i] = ids[i];
    }
    CancellationToken token = request.cancellation();
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    try (Tensor input = Tensor.ofLongs(Shape.of(1, row.length), row);
        Outputs encoded =
            encoder.run(
                Collections.singletonMap("input_ids", input), encoder.outputs().keySet(), token);
        Tensor speaker =
            Tensor.ofFloats(
                Shape.of(1, Math.max(1, request.speakerEmbedding().length)),
                request.speakerEmbedding().length == 0
                    ? new float[1]
                    : request.speakerEmbedding());
        CachedDecoder run = new CachedDecoder(decoder, 1)) {
      inputs.put("encoder_hidden_states", encoded.get("encoder_outputs"));
      inputs.put("encoder_attention_mask", encoded.get("encoder_attention_mask"));
      inputs.put("speaker_embeddings", speaker);
      int length = (int) encoded.get("encoder_outputs").shape().dim(1);
      return loop(run, inputs, length, request);
    }
  }

  /** As transformers' generate_speech: it ends once the probabilities of a step's frames add up to the threshold. */
  private Frames loop(
      CachedDecoder run, Map<String, Tensor> inputs, int length, SpeechRequest request) {
    Frames frames = new Frames();
    float[] sequence = new float[melCount];
    for (int i = 1; ; i++) {
      Outputs outputs;
      try (Tensor so =
          Tensor.ofFloats(Shape.of(1, sequence.length / melCount, melCount), sequence)) {
        inputs.put("output_sequence", so);
        outputs = run.step(inputs, STEP, request.cancellation());
      }
      float[] spectrum;
      float[] prob;
      try (Outputs closing = outputs) {
        spectrum = closing.get("spectrum").toFloats();
        prob = closing.get("prob").toFloats();
      }
      frames.add(spectrum, prob);
      int had = sequence.length;
      sequence = Arrays.copyOf(sequence, had + melCount);
      System.arraycopy(spectrum, spectrum.length - melCount, sequence, had, melCount);
      int reduction = prob.length;
      int least = (int) (length * request.minLengthRatio() / reduction);
      int most = (int) (length * request.maxLengthRatio() / reduction);
      double sum = 0;
      for (float p : prob) {
        sum += p;
      }
      if (i >= least && (i >= most || sum >= request.threshold())) {
        return frames;
      }
    }
  }

  private float[] vocode(Frames frames, CancellationToken token) {
    Shape shape = Shape.of(frames.mels.length / melCount, melCount);
    try (Tensor mels = Tensor.ofFloats(shape, frames.mels);
        Outputs outputs =
            vocoder.run(
                Collections.singletonMap("spectrogram", mels),
                Collections.singleton("waveform"),
                token)) {
      return outputs.get("waveform").toFloats();
    }
  }

  @Override
  public void close() {
    encoder.close();
    decoder.close();
    vocoder.close();
  }
}
