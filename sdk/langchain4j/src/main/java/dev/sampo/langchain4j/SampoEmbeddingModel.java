package dev.sampo.langchain4j;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.embedding.DimensionAwareEmbeddingModel;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.request.EmbeddingInputType;
import dev.langchain4j.model.embedding.request.EmbeddingParameter;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.request.EmbeddingRequestParameters;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import dev.langchain4j.model.embedding.response.EmbeddingResponseMetadata;
import dev.langchain4j.model.output.TokenUsage;
import dev.sampo.embedding.EmbeddingResult;
import dev.sampo.embedding.TextEncoder;
import dev.sampo.error.RequestException;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Vectors of texts, in this process, as sentence-transformers makes them.
 *
 * <p>{@code dimensions} cuts the vector ({@code truncate_dim}); the input type chooses among the model's named prompts ({@code query}, {@code document})
 * and is supported where the model has both.
 */
public final class SampoEmbeddingModel extends DimensionAwareEmbeddingModel
    implements AutoCloseable {
  private final TextEncoder encoder;
  private final @Nullable Tokenizer tokenizer;
  private final List<EmbeddingModelListener> listeners;

  private SampoEmbeddingModel(
      TextEncoder encoder, @Nullable Tokenizer tokenizer, List<EmbeddingModelListener> listeners) {
    this.encoder = encoder;
    this.tokenizer = tokenizer;
    this.listeners = listeners;
  }

  /**
   * Opens a model.
   *
   * @throws dev.sampo.error.ModelException if the folder holds no text encoder
   */
  public static SampoEmbeddingModel open(Path folder) {
    return open(folder, List.of());
  }

  /** {@link #open(Path)}, with listeners. */
  public static SampoEmbeddingModel open(Path folder, List<EmbeddingModelListener> listeners) {
    ModelFolder model = ModelFolder.open(folder);
    return new SampoEmbeddingModel(
        TextEncoder.open(model, SessionConfig.defaults()),
        model.tokenizer(),
        List.copyOf(listeners));
  }

  @Override
  public EmbeddingResponse doEmbed(EmbeddingRequest request) {
    List<String> texts = new ArrayList<>();
    request.inputs().forEach(input -> texts.add(input.text()));
    EmbeddingInputType type = request.parameters().inputType();
    EmbeddingResult result;
    try {
      result =
          encoder.embed(
              dev.sampo.embedding.EmbeddingRequest.builder(texts)
                  .truncateDim(request.parameters().dimensions())
                  .promptName(type == null ? null : promptName(type))
                  .build());
    } catch (RequestException e) {
      throw new InvalidRequestException(e.getMessage(), e);
    }
    return EmbeddingResponse.builder()
        .embeddings(result.vectors().stream().map(Embedding::from).toList())
        .metadata(
            EmbeddingResponseMetadata.builder()
                .modelName(encoder.name())
                .tokenUsage(new TokenUsage(tokens(texts)))
                .build())
        .build();
  }

  private static String promptName(EmbeddingInputType type) {
    return type == EmbeddingInputType.QUERY ? "query" : "document";
  }

  private int tokens(List<String> texts) {
    Tokenizer known = tokenizer;
    return known == null
        ? 0
        : texts.stream().mapToInt(text -> known.encodeToIds(text, true).length).sum();
  }

  @Override
  public Set<EmbeddingParameter<?>> supportedParameters() {
    Set<EmbeddingParameter<?>> parameters = new LinkedHashSet<>();
    parameters.add(EmbeddingRequestParameters.DIMENSIONS);
    Set<String> prompts = encoder.settings().prompts().keySet();
    if (prompts.contains("query") && prompts.contains("document")) {
      parameters.add(EmbeddingRequestParameters.INPUT_TYPE);
    }
    return parameters;
  }

  @Override
  public List<EmbeddingModelListener> listeners() {
    return listeners;
  }

  @Override
  public String modelName() {
    return encoder.name();
  }

  @Override
  public void close() {
    encoder.close();
  }
}
