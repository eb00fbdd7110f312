package dev.sampo.embedding;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.RequestException;
import dev.sampo.picture.Pixels;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.text.Golden;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Embeddings, filled masks and CLIP against PyTorch; see {@code golden/text/encoders/README.md}. */
class EncoderGoldenTest {
  private static final SessionConfig ONE_THREAD = SessionConfig.builder().intraOpThreads(1).build();

  @TestFactory
  List<DynamicTest> encode_whenGoldenCase_thenVectorsOfTorch() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path file : Golden.files(Golden.ownFolder("text/encoders"), ".jsonl")) {
      String name = file.getFileName().toString();
      tests.add(
          DynamicTest.dynamicTest(
              name,
              () -> {
                switch (name) {
                  case "embeddings.jsonl" -> checkEmbeddings(file);
                  case "fill_mask.jsonl" -> checkFillMask(file);
                  case "clip.jsonl" -> checkClip(file);
                  default -> throw new AssertionError("Unknown kind of cases: " + file);
                }
              }));
    }
    return tests;
  }

  private static void checkEmbeddings(Path file) throws IOException {
    try (TextEncoder encoder = TextEncoder.open(file.getParent(), ONE_THREAD)) {
      List<JsonNode> lines = Golden.lines(file);
      List<String> texts = new ArrayList<>();
      lines.forEach(line -> texts.add(line.get("text").asText()));
      List<float[]> together = encoder.embed(texts);
      for (int i = 0; i < lines.size(); i++) {
        assertVector(lines.get(i).get("mean_normalised"), together.get(i));
        assertVector(lines.get(i).get("mean_normalised"), encoder.embed(texts.get(i)));
      }
      for (Pooling pooling : List.of(Pooling.MEAN, Pooling.CLS, Pooling.MAX, Pooling.LAST)) {
        List<float[]> pooled =
            encoder
                .embed(
                    EmbeddingRequest.builder(texts)
                        .pooling(List.of(pooling))
                        .normalize(false)
                        .build())
                .vectors();
        for (int i = 0; i < lines.size(); i++) {
          assertVector(lines.get(i).get(pooling.name().toLowerCase(Locale.ROOT)), pooled.get(i));
        }
      }
      assertEquals(1, encoder.similarity(texts.get(0), texts.get(0)), 1e-6);
    }
  }

  private static void checkFillMask(Path file) throws IOException {
    try (FillMask model = FillMask.open(file.getParent(), ONE_THREAD)) {
      for (JsonNode line : Golden.lines(file)) {
        List<List<FillMask.Fill>> places = model.fill(line.get("text").asText(), 5);
        assertEquals(line.get("tokens").size(), places.size());
        for (int p = 0; p < places.size(); p++) {
          int[] ids = places.get(p).stream().mapToInt(FillMask.Fill::tokenId).toArray();
          assertArrayEquals(Golden.ints(line.get("tokens").get(p)), ids);
          for (int i = 0; i < ids.length; i++) {
            assertEquals(
                line.get("scores").get(p).get(i).asDouble(),
                places.get(p).get(i).probability(),
                1e-5);
          }
        }
      }
    }
  }

  private static void checkClip(Path file) throws IOException {
    try (ClipModel model = ClipModel.open(file.getParent(), ONE_THREAD)) {
      for (JsonNode line : Golden.lines(file)) {
        int[] rgb = Golden.ints(line.get("rgb"));
        byte[] bytes = new byte[rgb.length];
        for (int i = 0; i < rgb.length; i++) {
          bytes[i] = (byte) rgb[i];
        }
        Pixels image =
            Pixels.ofBytes(line.get("width").asInt(), line.get("height").asInt(), 3, bytes);
        List<String> texts = new ArrayList<>();
        line.get("texts").forEach(text -> texts.add(text.asText()));
        List<float[]> vectors = model.embedTexts(texts);
        for (int i = 0; i < texts.size(); i++) {
          assertVector(line.get("text_embeds").get(i), vectors.get(i));
        }
        assertVector(line.get("image_embeds"), model.embedImages(List.of(image)).get(0));
        double[] probabilities = model.classify(image, texts);
        for (int i = 0; i < texts.size(); i++) {
          assertEquals(line.get("probabilities").get(i).asDouble(), probabilities[i], 1e-3);
        }
      }
    }
  }

  private static void assertVector(JsonNode expected, float[] actual) {
    assertEquals(expected.size(), actual.length);
    for (int i = 0; i < actual.length; i++) {
      assertEquals(expected.get(i).asDouble(), actual[i], 1e-5, () -> Arrays.toString(actual));
    }
  }

  @Test
  void parse_whenPoolingIsUnknown_thenErrorListsThem() {
    RequestException e = assertThrows(RequestException.class, () -> Pooling.parse("sum"));
    assertEquals(
        "There is no pooling 'sum'. There are mean, cls, max, last, mean-sqrt-len and"
            + " weighted-mean.",
        e.getMessage());
  }
}
