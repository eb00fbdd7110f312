package dev.sampo.embedding;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.Pixels;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.ElementType;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.tokenizer.Encoding;
import dev.sampo.tokenizer.Tokenizer;
import dev.sampo.tokenizer.Truncation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** CLIP on ONNX Runtime. */
final class OnnxClip implements ClipModel {
  private final ModelFolder folder;
  private final @Nullable EncoderGraph text;
  private final @Nullable Graph vision;
  private final @Nullable Tokenizer tokenizer;
  private final ImagePreparation preparation;
  private final double logitScale;

  private OnnxClip(
      ModelFolder folder,
      @Nullable EncoderGraph text,
      @Nullable Graph vision,
      @Nullable Tokenizer tokenizer,
      ImagePreparation preparation,
      double logitScale) {
    this.folder = folder;
    this.text = text;
    this.vision = vision;
    this.tokenizer = tokenizer;
    this.preparation = preparation;
    this.logitScale = logitScale;
  }

  static ClipModel open(ModelFolder folder, SessionConfig session) {
    JsonNode config = folder.jsonOrEmpty("config.json");
    boolean hasText = folder.has("text_model");
    boolean hasVision = folder.has("vision_model");
    if (folder.family() != Family.CLIP) {
      throw new ModelException(
          folder.root(),
          folder.root()
              + " holds no CLIP model. Wanted: model.onnx, or text_model.onnx and"
              + " vision_model.onnx, also under onnx/.");
    }
    ImagePreparation preparation = ImagePreparation.of(folder);
    Tokenizer tokenizer = null;
    EncoderGraph text = null;
    Graph vision = null;
    if (hasText || !hasVision) {
      int maxLength = config.path("text_config").path("max_position_embeddings").asInt(77);
      tokenizer =
          folder.requireTokenizer().withPadding(null).withTruncation(Truncation.to(maxLength));
      int pad = Math.max(0, tokenizer.padTokenId());
      text = new EncoderGraph(folder.load(hasText ? "text_model" : "model", session), pad);
    }
    if (hasVision) {
      try {
        vision = folder.load("vision_model", session);
      } catch (RuntimeException e) {
        if (text != null) {
          text.close();
        }
        throw e;
      }
    } else if (!hasText && text != null) {
      vision = text.graph().share();
    }
    double scale = Math.exp(config.path("logit_scale_init_value").asDouble(Math.log(100)));
    return new OnnxClip(folder, text, vision, tokenizer, preparation, scale);
  }

  @Override
  public List<float[]> embedTexts(List<String> texts) {
    EncoderGraph tower = text;
    if (tower == null || tokenizer == null) {
      throw new RequestException("texts", name() + " has no text_model.onnx.");
    }
    List<Encoding> encodings = new ArrayList<>();
    for (String each : texts) {
      encodings.add(tokenizer.encode(each));
    }
    try (Tensor blank = blank(tower.graph());
        Outputs outputs =
            tower.run(
                tower.batch(encodings),
                "text_embeds",
                Collections.singletonMap("pixel_values", blank),
                CancellationToken.none())) {
      return rows(outputs.get("text_embeds"));
    }
  }

  /** A picture for a graph of both towers when only texts are asked for. */
  private Tensor blank(Graph graph) {
    boolean wanted = graph.inputs().containsKey("pixel_values");
    return Tensor.allocate(
        ElementType.FLOAT32,
        wanted ? Shape.of(1, 3, preparation.heightPx(), preparation.widthPx()) : Shape.of(1));
  }

  @Override
  public List<float[]> embedImages(List<Pixels> images) {
    Graph tower = vision;
    if (tower == null) {
      throw new RequestException("images", name() + " has no vision_model.onnx.");
    }
    List<float[]> vectors = new ArrayList<>();
    List<ImagePreparation.Prepared> batch = new ArrayList<>();
    for (Pixels image : images) {
      ImagePreparation.Prepared prepared = preparation.prepare(image);
      // Without a cut, pictures of different shapes stay so: a batch holds those of one.
      if (!batch.isEmpty() && !batch.get(0).sameSize(prepared)) {
        vectors.addAll(embedPrepared(tower, batch));
        batch.clear();
      }
      batch.add(prepared);
    }
    if (!batch.isEmpty()) {
      vectors.addAll(embedPrepared(tower, batch));
    }
    return vectors;
  }

  private static List<float[]> embedPrepared(Graph tower, List<ImagePreparation.Prepared> images) {
    int height = images.get(0).heightPx();
    int width = images.get(0).widthPx();
    int size = 3 * height * width;
    float[] values = new float[images.size() * size];
    for (int i = 0; i < images.size(); i++) {
      System.arraycopy(images.get(i).values(), 0, values, i * size, size);
    }
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    inputs.put("pixel_values", Tensor.ofFloats(Shape.of(images.size(), 3, height, width), values));
    inputs.put("input_ids", Tensor.ofLongs(Shape.of(1, 1), 0));
    inputs.put("attention_mask", Tensor.ofLongs(Shape.of(1, 1), 1));
    List<Tensor> made = new ArrayList<>(inputs.values());
    inputs.keySet().retainAll(tower.inputs().keySet());
    try (Outputs outputs =
        tower.run(inputs, Collections.singleton("image_embeds"), CancellationToken.none())) {
      return rows(outputs.get("image_embeds"));
    } finally {
      made.forEach(Tensor::close);
    }
  }

  private static List<float[]> rows(Tensor tensor) {
    float[] values = tensor.toFloats();
    int size = (int) tensor.shape().dim(-1);
    List<float[]> rows = new ArrayList<>();
    for (int start = 0; start < values.length; start += size) {
      float[] row = java.util.Arrays.copyOfRange(values, start, start + size);
      Vectors.normalise(row);
      rows.add(row);
    }
    return rows;
  }

  @Override
  public double[] classify(Pixels image, List<String> texts) {
    float[] picture = embedImages(Collections.singletonList(image)).get(0);
    List<float[]> vectors = embedTexts(texts);
    double[] scores = new double[texts.size()];
    double max = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < scores.length; i++) {
      scores[i] = logitScale * Vectors.cosine(picture, vectors.get(i));
      max = Math.max(max, scores[i]);
    }
    double sum = 0;
    for (int i = 0; i < scores.length; i++) {
      scores[i] = Math.exp(scores[i] - max);
      sum += scores[i];
    }
    for (int i = 0; i < scores.length; i++) {
      scores[i] /= sum;
    }
    return scores;
  }

  @Override
  public String name() {
    return folder.name();
  }

  @Override
  public Family family() {
    return folder.family();
  }

  @Override
  public void close() {
    if (text != null) {
      text.close();
    }
    if (vision != null) {
      vision.close();
    }
  }
}
