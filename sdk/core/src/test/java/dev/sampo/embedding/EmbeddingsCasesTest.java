package dev.sampo.embedding;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.error.ModelException;
import dev.sampo.io.NpyArray;
import dev.sampo.picture.Pixels;
import dev.sampo.text.Cases;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Vectors of texts and pictures against the libraries that wrote the folders; see {@code cases/README.md}. */
class EmbeddingsCasesTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path temporary;

  /** Runs one case folder. */
  private interface Check {
    void of(Path folder) throws IOException;
  }

  private static List<DynamicTest> each(String kind, Check check) throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path folder : Cases.folders(kind)) {
      tests.add(
          DynamicTest.dynamicTest(String.valueOf(folder.getFileName()), () -> check.of(folder)));
    }
    return tests;
  }

  @TestFactory
  List<DynamicTest> embed_whenFolderOfEmbeddings_thenVectorOfTheReference() throws IOException {
    return each(
        "embeddings",
        folder -> {
          try (TextEncoder encoder = TextEncoder.open(folder)) {
            float[] got = encoder.embed(Files.readString(folder.resolve("text.txt")));
            assertVector(NpyArray.read(folder.resolve("want.npy")).toFloats(), got);
          }
        });
  }

  @TestFactory
  List<DynamicTest> embed_whenFolderOfSentenceTransformers6_thenItsVectors() throws IOException {
    return each(
        "sentence-transformers-6",
        folder -> {
          JsonNode want = JSON.readTree(folder.resolve("want.json").toFile());
          List<String> texts = new ArrayList<>();
          want.get("texts").forEach(text -> texts.add(text.asText()));
          try (TextEncoder encoder = TextEncoder.open(folder)) {
            assertVectors(want.get("vectors"), encoder.embed(texts));
            Iterator<Map.Entry<String, JsonNode>> prompts = want.path("with_prompt").fields();
            while (prompts.hasNext()) {
              Map.Entry<String, JsonNode> prompt = prompts.next();
              EmbeddingRequest request =
                  EmbeddingRequest.builder(texts).promptName(prompt.getKey()).build();
              assertVectors(prompt.getValue(), encoder.embed(request).vectors());
            }
          }
        });
  }

  /** The graph is that of a folder without such layers. */
  @TestFactory
  List<DynamicTest> embed_whenDenseLayersFollowPooling_thenVectorsOfSentenceTransformers6()
      throws IOException {
    Path encoder = Cases.root("sentence-transformers-6").resolve("st_mean");
    return each(
        "dense-layers",
        folder -> {
          Path whole = temporary.resolve(String.valueOf(folder.getFileName()));
          copy(encoder, whole);
          copy(folder, whole);
          JsonNode want = JSON.readTree(folder.resolve("want.json").toFile());
          List<String> texts = new ArrayList<>();
          want.get("texts").forEach(text -> texts.add(text.asText()));
          try (TextEncoder encoderOfAll = TextEncoder.open(whole)) {
            assertVectors(want.get("vectors"), encoderOfAll.embed(texts));
          }
          Path config = whole.resolve("2_Dense/config.json");
          Files.writeString(
              config,
              Files.readString(config).replace("\"sentence_embedding\"", "\"token_embeddings\""));
          ModelException e = assertThrows(ModelException.class, () -> TextEncoder.open(whole));
          assertTrue(e.getMessage().contains("module_input_name token_embeddings"), e.getMessage());
        });
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> paths = Files.walk(from)) {
      for (Path path : paths.toList()) {
        Path target = to.resolve(from.relativize(path).toString());
        if (Files.isDirectory(path)) {
          Files.createDirectories(target);
        } else {
          Files.write(target, Files.readAllBytes(path));
        }
      }
    }
  }

  @TestFactory
  List<DynamicTest> embed_whenPicture_thenPreparedAsItsProcessorDoes() throws IOException {
    Path picture = Cases.root("image-preparation").resolve("wide.png");
    return each(
        "image-preparation",
        folder -> {
          try (ClipModel clip = ClipModel.open(folder)) {
            float[] got = clip.embedImages(List.of(read(picture))).get(0);
            float[] want = NpyArray.read(folder.resolve("want.npy")).toFloats();
            assertArrayEquals(want, got, 5e-3f);
          }
        });
  }

  @TestFactory
  List<DynamicTest> embed_whenOnlyProcessorConfig_thenItIsRead() throws IOException {
    return each(
        "processor-config",
        folder -> {
          JsonNode want = JSON.readTree(folder.resolve("want.json").toFile());
          try (ClipModel clip = ClipModel.open(folder)) {
            float[] got = clip.embedImages(List.of(read(folder.resolve("pic.png")))).get(0);
            assertArrayEquals(floats(want.get("image_embeds_normalised")), got, 2e-3f);
          }
        });
  }

  private static Pixels read(Path file) throws IOException {
    BufferedImage image = ImageIO.read(file.toFile());
    byte[] rgb = new byte[image.getWidth() * image.getHeight() * 3];
    for (int i = 0; i < rgb.length; i++) {
      int at = i / 3;
      int colour = image.getRGB(at % image.getWidth(), at / image.getWidth());
      rgb[i] = (byte) (colour >> 16 - 8 * (i % 3));
    }
    return Pixels.ofBytes(image.getWidth(), image.getHeight(), 3, rgb);
  }

  private static void assertVectors(JsonNode want, List<float[]> got) {
    assertTrue(want.size() == got.size());
    for (int i = 0; i < got.size(); i++) {
      assertVector(floats(want.get(i)), got.get(i));
    }
  }

  private static void assertVector(float[] want, float[] got) {
    float scale = 0;
    for (float value : want) {
      scale = Math.max(scale, Math.abs(value));
    }
    assertArrayEquals(want, got, 2e-5f * Math.max(1, scale));
  }

  private static float[] floats(JsonNode json) {
    float[] out = new float[json.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) json.get(i).asDouble();
    }
    return out;
  }
}
