package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.embedding.ClipModel;
import dev.sampo.error.ModelException;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which folders and files make a text model. */
class LoadingTest {
  @TempDir Path folder;

  private static Path golden(String name) {
    try {
      return Path.of(LoadingTest.class.getResource("/golden/text").toURI()).resolve(name);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private void copy(String from, String to) throws IOException {
    Path target = folder.resolve(to);
    Files.createDirectories(target.getParent());
    Files.copy(golden(from), target);
  }

  private static int[] five(TextGenerator generator) {
    return generator
        .generate(
            GenerationRequest.builder()
                .promptIds(378, 221, 283)
                .config(dev.sampo.samplers.text.GenerationConfig.builder().maxNewTokens(5).build())
                .build())
        .sequence()
        .ids();
  }

  @Test
  void load_whenOnnxFileOfFolder_thenSameAsFolder() {
    Path gpt2 = golden("generation/gpt2");
    try (TextGenerator whole = TextGenerator.open(gpt2);
        TextGenerator file = TextGenerator.open(gpt2.resolve("model.onnx"))) {
      assertArrayEquals(five(whole), five(file));
      assertEquals(whole.decode(10, 20, 30), file.decode(10, 20, 30));
      assertEquals(whole.generationConfig(), file.generationConfig());
    }
  }

  @Test
  void load_whenFileOfOnnxFolder_thenConfigIsThatOfTheFolderAbove() throws IOException {
    copy("generation/gpt2/model.onnx", "onnx/model_fp16.onnx");
    copy("generation/gpt2/config.json", "config.json");
    copy("generation/gpt2/tokenizer.json", "tokenizer.json");
    try (TextGenerator file = TextGenerator.open(folder.resolve("onnx/model_fp16.onnx"))) {
      assertEquals(5, five(file).length);
      assertArrayEquals(new int[] {0}, file.generationConfig().eosTokenIds());
    }
  }

  @Test
  void load_whenSeveralVariants_thenTheOneOfTheOpenedFolder() throws IOException {
    copy("generation/gpt2/model.onnx", "model_fp16.onnx");
    copy("generation/llama/model.onnx", "model_q4.onnx");
    copy("generation/gpt2/config.json", "config.json");
    String message =
        assertThrows(ModelException.class, () -> TextGenerator.open(folder)).getMessage();
    assertTrue(message.contains("model_fp16.onnx") && message.contains("Say which"), message);
    try (TextGenerator fp16 =
            TextGenerator.open(ModelFolder.open(folder, "fp16"), SessionConfig.defaults());
        TextGenerator gpt2 = TextGenerator.open(golden("generation/gpt2"))) {
      assertArrayEquals(five(gpt2), five(fp16));
    }
  }

  @Test
  void load_whenFolderIsOfAnotherFamily_thenErrorSaysWhatIsWanted() {
    String clip =
        assertThrows(ModelException.class, () -> TextGenerator.open(golden("encoders/clip")))
            .getMessage();
    assertTrue(clip.contains("family clip") && clip.contains("Wanted: model.onnx"), clip);
    String encoder =
        assertThrows(ModelException.class, () -> TextGenerator.open(golden("encoders/embedding")))
            .getMessage();
    assertTrue(encoder.contains("no output 'logits'"), encoder);
    String towers =
        assertThrows(ModelException.class, () -> ClipModel.open(golden("generation/gpt2")))
            .getMessage();
    assertTrue(towers.contains("holds no CLIP model"), towers);
  }

  @Test
  void load_whenInputIsUnknown_thenErrorListsTheKnownOnes() throws IOException {
    copy("generation/t5/decoder_with_past_model.onnx", "model.onnx");
    Files.writeString(folder.resolve("config.json"), "{\"architectures\":[\"XForCausalLM\"]}");
    String message =
        assertThrows(ModelException.class, () -> TextGenerator.open(folder)).getMessage();
    assertTrue(message.contains("encoder_attention_mask"), message);
    assertTrue(message.contains("past_key_values.{N}.key"), message);
  }

  @Test
  void load_whenNothingIsThere_thenErrorSaysWhatWasLookedFor() {
    String missing =
        assertThrows(ModelException.class, () -> TextGenerator.open(folder.resolve("none")))
            .getMessage();
    assertTrue(missing.contains("does not exist"), missing);
    String empty =
        assertThrows(ModelException.class, () -> TextGenerator.open(folder)).getMessage();
    assertTrue(empty.contains("Looked for sampo.json"), empty);
  }

  @Test
  void load_whenGenerationConfigContradictsItself_thenErrorNamesBothSettings() throws IOException {
    copy("generation/gpt2/model.onnx", "model.onnx");
    copy("generation/gpt2/config.json", "config.json");
    Files.writeString(
        folder.resolve("generation_config.json"), "{\"num_beams\":2,\"num_return_sequences\":3}");
    String message =
        assertThrows(ModelException.class, () -> TextGenerator.open(folder)).getMessage();
    assertTrue(message.contains("generation_config.json"), message);
    assertTrue(message.contains("num_return_sequences is 3"), message);
    assertTrue(message.contains("num_beams is 2"), message);
  }
}
