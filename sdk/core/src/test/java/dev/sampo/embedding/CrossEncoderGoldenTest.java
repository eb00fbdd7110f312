package dev.sampo.embedding;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.Model;
import dev.sampo.Sampo;
import dev.sampo.error.CancelledException;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.picture.GanPipeline;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.text.Golden;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Folders that sentence-transformers 6.0.1 wrote with {@code CrossEncoder.save_pretrained} (random weights), and what its {@code predict} and {@code rank}
 * gave: under {@code text/cross-encoders} of {@code sampo.golden}, else in the test resources.
 */
class CrossEncoderGoldenTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String FOLDER = "text/cross-encoders";

  private static Path own() throws Exception {
    return Path.of(CrossEncoderGoldenTest.class.getResource("/golden/" + FOLDER).toURI());
  }

  private static List<Path> cases() throws Exception {
    Path root = Golden.ownFolder(FOLDER);
    try (Stream<Path> all = Files.list(root)) {
      List<Path> found = all.filter(Files::isDirectory).sorted().toList();
      assertTrue(!found.isEmpty(), "no case under " + root);
      return found;
    }
  }

  private static CrossEncoder open(Path folder) {
    return assertInstanceOf(CrossEncoder.class, Sampo.open(folder));
  }

  private static List<CrossEncoder.Pair> pairs(JsonNode expected) {
    List<CrossEncoder.Pair> pairs = new ArrayList<>();
    for (JsonNode pair : expected.get("pairs")) {
      pairs.add(new CrossEncoder.Pair(pair.get(0).asText(), pair.get(1).asText()));
    }
    return pairs;
  }

  private static void assertScores(JsonNode expected, CrossEncoderResult result, String what) {
    assertEquals(expected.size(), result.scores().size());
    for (int i = 0; i < expected.size(); i++) {
      JsonNode row = expected.get(i);
      float[] wanted = new float[row.isArray() ? row.size() : 1];
      for (int k = 0; k < wanted.length; k++) {
        wanted[k] = (float) (row.isArray() ? row.get(k) : row).asDouble();
      }
      assertArrayEquals(wanted, result.scores().get(i), 2e-5f, what + " of pair " + i);
    }
  }

  @Test
  void predict_whenFoldersOfSentenceTransformers_thenItsScores() throws Exception {
    for (Path folder : cases()) {
      JsonNode expected = JSON.readTree(folder.resolve("expected.json").toFile());
      CrossEncoderRequest plain = CrossEncoderRequest.of(pairs(expected));
      try (CrossEncoder model = open(folder.resolve("model"))) {
        assertScores(expected.get("scores"), model.predict(plain), "score");
        CrossEncoderRequest raw =
            plain.toBuilder().activationFn(CrossEncoder.Activation.IDENTITY).build();
        assertScores(expected.get("logits"), model.predict(raw), "logit");
        if (expected.has("softmax")) {
          CrossEncoderRequest soft = plain.toBuilder().applySoftmax(true).build();
          assertScores(expected.get("softmax"), model.predict(soft), "probability");
        }
        if (expected.has("rank")) {
          List<String> documents = new ArrayList<>();
          plain.pairs().forEach(pair -> documents.add(pair.pair()));
          List<CrossEncoder.Ranked> ranked = model.rank(plain.pairs().get(0).text(), documents);
          for (int i = 0; i < ranked.size(); i++) {
            JsonNode place = expected.get("rank").get(i);
            assertEquals(place.get("index").asInt(), ranked.get(i).corpusId(), "place " + i);
            assertEquals(place.get("score").asDouble(), ranked.get(i).score(), 2e-5);
          }
        }
      }
    }
  }

  @Test
  void activation_whenFoldersOfOtherAges_thenWhatTheySay(@TempDir Path root) throws Exception {
    Path folder = copy(root.resolve("old"));
    Files.delete(folder.resolve("config_sentence_transformers.json"));
    ObjectNode config = (ObjectNode) JSON.readTree(folder.resolve("config.json").toFile());
    assertEquals(CrossEncoder.Activation.SIGMOID, activation(folder));
    config.put("sbert_ce_default_activation_function", "torch.nn.modules.linear.Identity");
    JSON.writeValue(folder.resolve("config.json").toFile(), config);
    assertEquals(CrossEncoder.Activation.IDENTITY, activation(folder));
    ObjectNode newer = config.putObject("sentence_transformers");
    newer.put("activation_fn", "torch.nn.modules.activation.Sigmoid");
    JSON.writeValue(folder.resolve("config.json").toFile(), config);
    assertEquals(CrossEncoder.Activation.SIGMOID, activation(folder));
    newer.put("activation_fn", "torch.nn.modules.activation.Tanh");
    JSON.writeValue(folder.resolve("config.json").toFile(), config);
    ModelException e = assertThrows(ModelException.class, () -> activation(folder));
    assertTrue(e.getMessage().contains("Tanh"), e.getMessage());
  }

  private static CrossEncoder.Activation activation(Path folder) {
    try (CrossEncoder model = open(folder)) {
      return model.activationFn();
    }
  }

  private static Path copy(Path to) throws Exception {
    Path from = own().resolve("tiny-reranker/model");
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
    return to;
  }

  @Test
  void predict_whenCancelledOrWrong_thenErrorSaysSo() throws Exception {
    try (CrossEncoder model = open(own().resolve("tiny-reranker/model"))) {
      List<CrossEncoder.Pair> many =
          Collections.nCopies(40, new CrossEncoder.Pair("a cat", "a dog"));
      CancellationToken token = new CancellationToken();
      CrossEncoderRequest request =
          CrossEncoderRequest.builder(many)
              .progress(step -> token.cancel())
              .cancellation(token)
              .build();
      CancelledException e = assertThrows(CancelledException.class, () -> model.predict(request));
      CrossEncoderResult partial = e.partial(CrossEncoderResult.class);
      assertNotNull(partial);
      assertEquals(32, partial.scores().stream().filter(s -> s != null).count());
      List<String> none = List.of();
      assertEquals(
          "pairs", assertThrows(RequestException.class, () -> model.rank("a cat", none)).option());
    }
    try (CrossEncoder model = open(own().resolve("tiny-nli/model"))) {
      assertEquals(List.of("LABEL_0", "LABEL_1", "LABEL_2"), model.labels());
      List<String> documents = List.of("a dog");
      assertThrows(RequestException.class, () -> model.rank("a cat", documents));
    }
    Path encoder = own().resolve("tiny-nli/model");
    assertThrows(ModelException.class, () -> Sampo.open(encoder, GanPipeline.class));
    try (Model model = Sampo.open(encoder, CrossEncoder.class)) {
      assertEquals("model", model.name());
    }
  }
}
