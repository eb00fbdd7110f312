package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.error.SampoException;
import dev.sampo.runtime.TinyOnnx;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders as public reports describe them (docs/formats.md has the list), made of a folder that the model builder's rules give. */
class ReportedFoldersTest {
  private static final int[] PROMPT = {3, 7, 1};

  @TempDir Path folder;
  private Path config;
  private String text;

  @BeforeEach
  void copy() throws IOException {
    try (Stream<Path> files = Files.list(Cases.root("genai").resolve("named"))) {
      for (Path file : files.toList()) {
        Files.write(folder.resolve(file.getFileName().toString()), Files.readAllBytes(file));
      }
    }
    config = folder.resolve("genai_config.json");
    text = Files.readString(config);
  }

  private void replace(String from, String to) throws IOException {
    assertTrue(text.contains(from));
    Files.writeString(config, text.replace(from, to));
  }

  private int[] ids() {
    GenerationRequest request =
        GenerationRequest.builder()
            .promptIds(PROMPT)
            .config(GenerationConfig.builder().maxNewTokens(6).build())
            .build();
    try (TextGenerator generator = TextGenerator.open(folder)) {
      return generator.generate(request).sequence().ids();
    }
  }

  /** microsoft/onnxruntime-genai 384, qualcomm/ai-hub-models 304. */
  @Test
  void open_whenPadTokenIsAList_thenTheFirst() throws IOException {
    int[] wanted = ids();
    replace("\"pad_token_id\": 0", "\"pad_token_id\": [5, 6]");
    try (TextGenerator generator = TextGenerator.open(folder)) {
      assertEquals(5, generator.generationConfig().find(Setting.PAD_TOKEN_ID));
    }
    assertArrayEquals(wanted, ids());
  }

  /** microsoft/onnxruntime-genai 1825. */
  @Test
  void open_whenTypeIsUnknown_thenTheGraphTells() throws IOException {
    int[] wanted = ids();
    replace("\"type\": \"llama\"", "\"type\": \"unknown\"");
    assertArrayEquals(wanted, ids());
  }

  /** microsoft/onnxruntime-genai 1824. */
  @Test
  void generate_whenNoEndTokenIsNamed_thenToTheGreatestLength() throws IOException {
    replace("\"eos_token_id\": [19, 17], \"pad_token_id\": 0, ", "");
    try (TextGenerator generator = TextGenerator.open(folder)) {
      assertEquals(0, generator.generationConfig().eosTokenIds().length);
      GenerationResult result =
          generator.generate(GenerationRequest.builder().promptIds(PROMPT).build());
      assertEquals(30 - PROMPT.length, result.sequence().ids().length);
    }
  }

  /** microsoft/onnxruntime-genai 65. */
  @Test
  void generate_whenThereIsNoTokenizer_thenErrorNamesTheFile() {
    try (TextGenerator generator = TextGenerator.open(folder)) {
      String message =
          assertThrows(
                  RequestException.class, () -> generator.generate(GenerationRequest.of("Hello")))
              .getMessage();
      assertTrue(message.contains("tokenizer.json"), message);
    }
  }

  /** microsoft/onnxruntime-genai 525: built with exclude_embeds. */
  @Test
  void open_whenGraphTakesEmbeddings_thenErrorNamesTheInput() throws IOException {
    new TinyOnnx()
        .in("inputs_embeds float32 batch,time,32", "attention_mask int64 batch,total")
        .out("logits float32 batch,time,40")
        .write(folder.resolve("decoder_fp32.onnx"));
    replace("\"input_ids\": \"tokens\"", "\"inputs_embeds\": \"inputs_embeds\"");
    String message =
        assertThrows(SampoException.class, () -> TextGenerator.open(folder)).getMessage();
    assertTrue(message.contains("inputs_embeds"), message);
  }

  /** huggingface/transformers.js 1228, microsoft/onnxruntime 13117: a download that was cut off. */
  @Test
  void open_whenGraphIsCutOff_thenErrorNamesTheFile() throws IOException {
    Path graph = folder.resolve("decoder_fp32.onnx");
    byte[] whole = Files.readAllBytes(graph);
    Files.write(graph, java.util.Arrays.copyOf(whole, whole.length / 2));
    ModelException e = assertThrows(ModelException.class, () -> TextGenerator.open(folder));
    assertEquals(graph.getFileName(), e.path().getFileName());
    assertTrue(e.getMessage().contains("truncated"), e.getMessage());
  }

  /** huggingface/transformers.js 760 and 1194: the graph without its model.onnx_data. */
  @Test
  void open_whenWeightsBesideAreMissing_thenErrorNamesThem() throws IOException {
    new TinyOnnx()
        .in("tokens int64 batch,time", "mask int64 batch,total")
        .externalWeight("w", "model_q4.onnx_data", 0, 1600)
        .out("scores_out float32 batch,time,40")
        .write(folder.resolve("decoder_fp32.onnx"));
    ModelException e = assertThrows(ModelException.class, () -> TextGenerator.open(folder));
    assertTrue(e.getMessage().contains("model_q4.onnx_data"), e.getMessage());
  }

  /** Graphs of Olive and genai whose adapters are filled in while they run. */
  @Test
  void open_whenGraphTakesAnAdapter_thenErrorSaysHowToMergeIt() throws IOException {
    new TinyOnnx()
        .in(
            "tokens int64 batch,time",
            "mask int64 batch,total",
            "model.layers.0.attn.q_proj.lora_A.MatMul.weight float32 32,r")
        .out("scores_out float32 batch,time,40")
        .write(folder.resolve("decoder_fp32.onnx"));
    String message =
        assertThrows(SampoException.class, () -> TextGenerator.open(folder)).getMessage();
    assertTrue(
        message.contains("LoRA adapter") && message.contains("sampo export FOLDER --adapter DIR"),
        message);
  }
}
