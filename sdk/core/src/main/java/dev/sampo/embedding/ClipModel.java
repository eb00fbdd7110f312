package dev.sampo.embedding;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.Model;
import dev.sampo.error.ModelException;
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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Texts and pictures in one space: CLIP's two towers, as one graph or one each. Radford et al. 2021, arXiv:2103.00020. Vectors have length 1. Any
 * number of threads may use it at the same time.
 */
public final class ClipModel implements Model {
  private final ModelFolder folder;
  private final @Nullable EncoderGraph text;
  private final @Nullable Graph vision;
  private final @Nullable Tokenizer tokenizer;
  private final ImagePreparation preparation;
  private final double logitScale;

  private ClipModel(
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

  /** Loads a model folder with the default session settings. */
  public static ClipModel open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /**
   * Loads a model folder: {@code model.onnx} with both towers, or {@code text_model.onnx} and {@code vision_model.onnx}, of which one may be missing.
   *
   * @throws ModelException if there is neither
   */
  public static ClipModel open(Path folder, SessionConfig session) {
    return open(ModelFolder.open(folder), session);
  }

  /**
   * Loads a model folder that was opened before.
   *
   * @throws ModelException if it holds no tower
   */
  public static ClipModel open(ModelFolder folder, SessionConfig session) {
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
    ImagePreparation preparation =
        ImagePreparation.of(folder.jsonOrEmpty("preprocessor_config.json"));
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
    return new ClipModel(folder, text, vision, tokenizer, preparation, scale);
  }

  /** The vectors of texts. */
  public List<float[]> embedTexts(List<String> texts) {
    EncoderGraph tower = text;
    if (tower == null || tokenizer == null) {
      throw new IllegalStateException("The folder has no text_model.onnx.");
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

  /** The vectors of pictures. */
  public List<float[]> embedImages(List<Pixels> images) {
    Graph tower = vision;
    if (tower == null) {
      throw new IllegalStateException("The folder has no vision_model.onnx.");
    }
    int size = 3 * preparation.heightPx() * preparation.widthPx();
    float[] values = new float[images.size() * size];
    for (int i = 0; i < images.size(); i++) {
      System.arraycopy(preparation.prepare(images.get(i)), 0, values, i * size, size);
    }
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    inputs.put(
        "pixel_values",
        Tensor.ofFloats(
            Shape.of(images.size(), 3, preparation.heightPx(), preparation.widthPx()), values));
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

  /**
   * How well each text describes a picture: probabilities over the texts, as CLIP's zero-shot classification.
   *
   * @return one number a text; they add up to 1
   */
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
