package dev.sampo.springai;

import dev.sampo.embedding.EmbeddingResult;
import dev.sampo.embedding.TextEncoder;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.Embedding;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.EmbeddingOptions;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.embedding.EmbeddingResponseMetadata;

/** Vectors of texts, in this process, as sentence-transformers makes them; {@code dimensions} of the options cuts them. */
public final class SampoEmbeddingModel implements EmbeddingModel, AutoCloseable {
  private final TextEncoder encoder;
  private final @Nullable Tokenizer tokenizer;
  private volatile int dimensions;

  private SampoEmbeddingModel(TextEncoder encoder, @Nullable Tokenizer tokenizer) {
    this.encoder = encoder;
    this.tokenizer = tokenizer;
  }

  /**
   * Opens a model.
   *
   * @throws dev.sampo.error.ModelException if the folder holds no text encoder
   */
  public static SampoEmbeddingModel open(Path folder) {
    ModelFolder model = ModelFolder.open(folder);
    return new SampoEmbeddingModel(
        TextEncoder.open(model, SessionConfig.defaults()), model.tokenizer());
  }

  @Override
  public EmbeddingResponse call(EmbeddingRequest request) {
    List<String> texts = request.getInstructions();
    if (texts.isEmpty()) {
      return new EmbeddingResponse(List.of());
    }
    EmbeddingOptions options = request.getOptions();
    EmbeddingResult result =
        encoder.embed(
            dev.sampo.embedding.EmbeddingRequest.builder(texts)
                .truncateDim(options == null ? null : options.getDimensions())
                .build());
    List<Embedding> out = new ArrayList<>(texts.size());
    for (int i = 0; i < texts.size(); i++) {
      out.add(new Embedding(result.vectors().get(i), i));
    }
    return new EmbeddingResponse(
        out, new EmbeddingResponseMetadata(encoder.name(), new DefaultUsage(tokens(texts), 0)));
  }

  private int tokens(List<String> texts) {
    Tokenizer known = tokenizer;
    return known == null
        ? 0
        : texts.stream().mapToInt(text -> known.encodeToIds(text, true).length).sum();
  }

  @Override
  public float[] embed(Document document) {
    String text = document.getText();
    return encoder.embed(text == null ? "" : text);
  }

  @Override
  public int dimensions() {
    if (dimensions == 0) {
      dimensions = encoder.embed("a").length;
    }
    return dimensions;
  }

  @Override
  public void close() {
    encoder.close();
  }
}
