package dev.sampo.langchain4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.InvalidRequestException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** With the folders that sentence-transformers wrote, among core's goldens. */
class ScoringModelTest {
  private static final Path CASES =
      Path.of(
          System.getProperty("sampo.home"),
          "sdk/core/src/test/resources/golden/text/cross-encoders");

  @Test
  void scoreAll_whenAReranker_thenScoresOfSentenceTransformers() throws Exception {
    Path folder = CASES.resolve("tiny-reranker");
    JsonNode expected = new ObjectMapper().readTree(folder.resolve("expected.json").toFile());
    try (SampoScoringModel model = SampoScoringModel.open(folder.resolve("model"))) {
      JsonNode pairs = expected.get("pairs");
      String query = pairs.get(0).get(0).asText();
      List<Double> scores =
          model
              .scoreAll(
                  List.of(
                      TextSegment.from(pairs.get(0).get(1).asText()),
                      TextSegment.from(pairs.get(1).get(1).asText())),
                  query)
              .content();
      assertEquals(expected.get("scores").get(0).asDouble(), scores.get(0), 2e-5);
      assertEquals(expected.get("scores").get(1).asDouble(), scores.get(1), 2e-5);
      assertEquals(scores.get(1), model.score(pairs.get(1).get(1).asText(), query).content(), 1e-6);
      List<TextSegment> none = List.of();
      assertThrows(InvalidRequestException.class, () -> model.scoreAll(none, query));
    }
  }

  @Test
  void scoreAll_whenSeveralLabels_thenErrorSaysSo() {
    try (SampoScoringModel model = SampoScoringModel.open(CASES.resolve("tiny-nli/model"))) {
      assertThrows(InvalidRequestException.class, () -> model.score("a dog", "a cat"));
    }
  }
}
