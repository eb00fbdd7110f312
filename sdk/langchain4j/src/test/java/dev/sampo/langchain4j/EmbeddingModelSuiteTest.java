package dev.sampo.langchain4j;

import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.common.AbstractEmbeddingModelIT;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;

/** LangChain4j's own suite. */
class EmbeddingModelSuiteTest extends AbstractEmbeddingModelIT {
  private static final Path FOLDER =
      Paths.get(
          System.getProperty("sampo.home"),
          "sdk/core/src/test/resources/golden/text/encoders/embedding");

  @Override
  protected List<EmbeddingModel> models() {
    return List.of(opened(List.of()));
  }

  @Override
  protected EmbeddingModel modelWith(EmbeddingModelListener listener) {
    return opened(List.of(listener));
  }

  @Override
  protected int dimensionsParameter() {
    return 8;
  }

  // The tiny model has no named prompts.
  @Override
  protected boolean supportsInputTypeParameter() {
    return false;
  }

  // A text encoder.
  @Override
  protected boolean supportsImageInput() {
    return false;
  }

  private final List<SampoEmbeddingModel> all = new ArrayList<>();

  private EmbeddingModel opened(List<EmbeddingModelListener> listeners) {
    SampoEmbeddingModel model = SampoEmbeddingModel.open(FOLDER, listeners);
    all.add(model);
    return model;
  }

  @AfterAll
  void close() {
    all.forEach(SampoEmbeddingModel::close);
  }
}
