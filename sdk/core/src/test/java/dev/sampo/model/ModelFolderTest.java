package dev.sampo.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.ModelException;
import dev.sampo.error.SampoException;
import dev.sampo.runtime.TinyOnnx;
import dev.sampo.specs.Specs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFolderTest {
  private static final String GAN =
      "{\"spec\":\"gan\",\"name\":\"digits\",\"graphs\":{\"generator\":{\"file\":\"generator.onnx\"}},"
          + "\"latent\":{\"size\":64},\"image\":{\"channels\":1,\"height\":28,\"width\":28}}";

  @TempDir Path root;

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.write(path, text.getBytes(StandardCharsets.UTF_8));
  }

  private TinyOnnx generator() {
    return new TinyOnnx()
        .in("z float32 batch,64")
        .out("sample float32 batch,1,28,28")
        .weight("w", "float32", 64, 10);
  }

  private TinyOnnx decoder() {
    TinyOnnx onnx =
        new TinyOnnx()
            .in("input_ids int64 b,t", "attention_mask int64 b,all")
            .out("logits float32 b,t,440");
    for (int n = 0; n < 3; n++) {
      onnx.in(
          "past_key_values." + n + ".key float32 b,4,past,12",
          "past_key_values." + n + ".value float32 b,4,past,12");
      onnx.out(
          "present." + n + ".key float32 b,4,all,12", "present." + n + ".value float32 b,4,all,12");
    }
    return onnx;
  }

  private String error() {
    return assertThrows(SampoException.class, () -> ModelFolder.open(root)).getMessage();
  }

  private void contains(String message, String... parts) {
    for (String part : parts) {
      assertTrue(message.contains(part), message + "\nlacks: " + part);
    }
  }

  // ---- sampo.json

  @Test
  void open_whenSampoJson_givesFamilyAndGraphs() throws IOException {
    write("sampo.json", GAN);
    generator().write(root.resolve("generator.onnx"));
    ModelFolder model = ModelFolder.open(root);
    assertEquals(Family.GAN, model.family());
    assertEquals("digits", model.name());
    assertEquals(Set.of("generator"), model.graphs().keySet());
    assertEquals("z", model.graph("generator").input("z"));
    assertEquals(640, model.inspect().parameterCount());
    assertTrue(model.inspect().meetsSpec());
  }

  @Test
  void open_whenNamesAreMapped_givesTheGraphsNames() throws IOException {
    write(
        "sampo.json",
        GAN.replace(
            "\"generator.onnx\"",
            "\"generator.onnx\",\"inputs\":{\"z\":\"noise\"},\"outputs\":{\"sample\":\"img\"}"));
    new TinyOnnx()
        .in("noise float32 batch,64")
        .out("img float32 batch,1,28,28")
        .write(root.resolve("generator.onnx"));
    ModelGraph graph = ModelFolder.open(root).graph("generator");
    assertEquals("noise", graph.input("z"));
    assertEquals("img", graph.output("sample"));
    assertTrue(graph.hasInput("z") && !graph.hasInput("class_label") && graph.hasOutput("sample"));
  }

  @Test
  void open_whenMappedNameIsNotInTheGraph_says() throws IOException {
    write(
        "sampo.json",
        GAN.replace("\"generator.onnx\"", "\"generator.onnx\",\"inputs\":{\"z\":\"noise\"}"));
    generator().write(root.resolve("generator.onnx"));
    contains(error(), "calls the input 'z' 'noise', but the graph has only [z]");
  }

  @Test
  void open_whenGraphFileMissing_says() throws IOException {
    write("sampo.json", GAN);
    contains(
        error(),
        root.resolve("generator.onnx").toString(),
        "names as graph 'generator', does not exist",
        "The folder holds [sampo.json]");
  }

  @Test
  void open_whenGraphTruncated_says() throws IOException {
    write("sampo.json", GAN);
    byte[] bytes = generator().bytes();
    Files.write(root.resolve("generator.onnx"), Arrays.copyOf(bytes, bytes.length - 20));
    ModelException e = assertThrows(ModelException.class, () -> ModelFolder.open(root));
    contains(
        e.getMessage(), root.resolve("generator.onnx").toString(), "is truncated or no ONNX graph");
  }

  @Test
  void open_whenElementTypeWrong_says() throws IOException {
    write("sampo.json", GAN);
    new TinyOnnx()
        .in("z int64 batch,64")
        .out("sample float32 batch,1,28,28")
        .write(root.resolve("generator.onnx"));
    contains(
        error(),
        "does not meet the spec gan",
        "Input 'z' of 'generator' is int64, wanted float32 or float16 or bfloat16",
        "docs/specs.md");
  }

  @Test
  void open_whenInputNameWrong_says() throws IOException {
    write("sampo.json", GAN);
    new TinyOnnx()
        .in("noise float32 batch,64")
        .out("sample float32 batch,1,28,28")
        .write(root.resolve("generator.onnx"));
    SpecMismatchException e =
        assertThrows(SpecMismatchException.class, () -> ModelFolder.open(root));
    contains(
        e.getMessage(), "Input 'z'", "Unexpected input 'noise'", "map the names in a sampo.json");
    assertEquals(2, e.differences().size());
    assertEquals(e.differences(), ModelFolder.locate(root, "").inspect().differences());
  }

  @Test
  void open_whenSpecUnknown_listsTheKnown() throws IOException {
    write("sampo.json", GAN.replace("\"gan\"", "\"gann\""));
    contains(error(), "unknown spec 'gann'", Specs.names().toString(), "sampo.json");
  }

  @Test
  void open_whenPathEscapes_refuses() throws IOException {
    generator().write(root.resolve("generator.onnx"));
    for (String path :
        Arrays.asList(
            "../generator.onnx",
            "a/../../generator.onnx",
            "/etc/passwd",
            "C:\\\\x.onnx",
            "\\\\\\\\host\\\\x.onnx",
            "")) {
      write("sampo.json", GAN.replace("generator.onnx", path));
      contains(error(), "leaves the folder " + root);
    }
    write("sampo.json", GAN.replace("generator.onnx", "sub/../generator.onnx"));
    assertEquals(Family.GAN, ModelFolder.open(root).family());
  }

  @Test
  void open_whenLinkLeaves_refuses(@TempDir Path elsewhere) throws IOException {
    write("sampo.json", GAN);
    Path outside = generator().write(elsewhere.resolve("g.onnx"));
    Files.createSymbolicLink(root.resolve("generator.onnx"), outside);
    contains(error(), "is a link to", "outside the folder");
  }

  @Test
  void open_whenLinkStaysOrIsHuggingFacesCache_reads() throws IOException {
    Path snapshot = root.resolve("models--x/snapshots/abc");
    Path blob = decoder().write(root.resolve("models--x/blobs/0123"));
    Files.createDirectories(snapshot);
    Files.createSymbolicLink(snapshot.resolve("model.onnx"), blob);
    assertEquals(Family.DECODER_ONLY, ModelFolder.open(snapshot).family());
  }

  @Test
  void find_whenPathEscapes_refuses() throws IOException {
    write("sampo.json", GAN);
    generator().write(root.resolve("generator.onnx"));
    ModelFolder model = ModelFolder.open(root);
    assertThrows(ModelException.class, () -> model.find("../x"));
    assertNull(model.find("x.json"));
    contains(
        assertThrows(ModelException.class, () -> model.file("x.json")).getMessage(),
        "has no file x.json");
  }

  // ---- Optimum

  @Test
  void open_whenModelOnnxHasCache_isDecoderOnly() throws IOException {
    write("config.json", "{\"model_type\":\"gpt2\"}");
    decoder().write(root.resolve("model.onnx"));
    ModelFolder model = ModelFolder.open(root);
    assertEquals(Family.DECODER_ONLY, model.family());
    assertEquals(
        3,
        model
            .graph("model")
            .count(Specs.get("decoder-only").graph("model"), "past_key_values.{N}.key"));
  }

  @Test
  void open_whenCountOfLogitsHasItsNewerName_thenItMeetsTheSpec() throws IOException {
    write("config.json", "{\"model_type\":\"llama\"}");
    decoder().in("logits_to_keep int64 1").write(root.resolve("model.onnx"));
    assertTrue(ModelFolder.open(root).graph("model").hasInput("logits_to_keep"));
  }

  @Test
  void open_whenInOnnxFolderWithVariants_takesTheOneAskedFor() throws IOException {
    decoder().write(root.resolve("onnx/model.onnx"));
    decoder().write(root.resolve("onnx/model_fp16.onnx"));
    assertEquals(
        "model.onnx", ModelFolder.open(root).graph("model").path().getFileName().toString());
    assertEquals(
        "model_fp16.onnx",
        ModelFolder.open(root, "fp16").graph("model").path().getFileName().toString());
    contains(
        assertThrows(ModelException.class, () -> ModelFolder.open(root, "q4")).getMessage(),
        "has the variant 'q4'",
        "model_q4.onnx");
  }

  @Test
  void open_whenOnlyOneVariant_takesIt() throws IOException {
    decoder().write(root.resolve("onnx/model_q4f16.onnx"));
    assertEquals(
        "model_q4f16.onnx", ModelFolder.open(root).graph("model").path().getFileName().toString());
    decoder().write(root.resolve("onnx/model_int8.onnx"));
    contains(error(), "several variants: [model_int8.onnx, model_q4f16.onnx]");
  }

  @Test
  void open_whenEncoderAndDecoders_isEncoderDecoder() throws IOException {
    write("config.json", "{\"is_encoder_decoder\":true}");
    new TinyOnnx()
        .in("input_ids int64 b,s")
        .out("last_hidden_state float32 b,s,40")
        .write(root.resolve("encoder_model.onnx"));
    contains(
        error(),
        "Graph 'decoder_merged' (decoder_model_merged.onnx) is missing",
        "wants encoder + decoder_merged or encoder + decoder + decoder_with_past or encoder +"
            + " decoder");
    new TinyOnnx()
        .in("input_ids int64 b,t", "encoder_hidden_states float32 b,s,40")
        .out("logits float32 b,t,430")
        .write(root.resolve("decoder_model.onnx"));
    assertEquals(Set.of("encoder", "decoder"), ModelFolder.open(root).graphs().keySet());
  }

  @Test
  void open_whenBert_isEncoder() throws IOException {
    new TinyOnnx()
        .in("input_ids int64 b,s", "token_type_ids int64 b,s")
        .out("last_hidden_state float32 b,s,40")
        .write(root.resolve("model.onnx"));
    assertEquals(Family.ENCODER, ModelFolder.open(root).family());
  }

  @Test
  void open_whenCausalWithoutCache_isDecoderOnly() throws IOException {
    write("config.json", "{\"architectures\":[\"GPT2LMHeadModel\"]}");
    new TinyOnnx()
        .in("input_ids int64 b,s")
        .out("logits float32 b,s,40")
        .write(root.resolve("model.onnx"));
    assertEquals(Family.DECODER_ONLY, ModelFolder.open(root).family());
  }

  @Test
  void open_whenBareRecurrent_isKnown() throws IOException {
    write("config.json", "{\"vocab\":[\"a\"],\"cell\":\"lstm\"}");
    new TinyOnnx()
        .in("input_ids int64 b,t", "h0 float32 2,b,40", "c0 float32 2,b,40")
        .out("logits float32 b,t,1", "hn float32 2,b,40", "cn float32 2,b,40")
        .write(root.resolve("model.onnx"));
    ModelFolder model = ModelFolder.open(root);
    assertEquals(Family.RNN_LM, model.family());
    assertEquals("lstm", model.config().get("cell").asText());
  }

  // ---- diffusers

  @Test
  void open_whenUnetOnly_isDiffusionUnet() throws IOException {
    write("model_index.json", "{\"_class_name\":\"DDPMPipeline\"}");
    write("sampo-card.json", "{\"name\":\"digits-diffusion\"}");
    write("scheduler/scheduler_config.json", "{\"lambda_min_clipped\":-Infinity}");
    new TinyOnnx()
        .in("sample float32 b,1,28,28", "timestep int64", "class_labels int64 b")
        .out("out_sample float32 b,1,28,28")
        .write(root.resolve("unet/model.onnx"));
    ModelFolder model = ModelFolder.open(root);
    assertEquals(Family.DIFFUSION_UNET, model.family());
    assertEquals("digits-diffusion", model.name());
    assertEquals(
        Double.NEGATIVE_INFINITY,
        model.json("scheduler/scheduler_config.json").get("lambda_min_clipped").asDouble());
  }

  @Test
  void open_whenTextEncoderIsThere_isLatentDiffusion() throws IOException {
    new TinyOnnx()
        .in("sample float32 b,4,h,w", "timestep int64 b", "encoder_hidden_states float32 b,77,32")
        .out("out_sample float32 b,4,h,w")
        .write(root.resolve("unet/model.onnx"));
    new TinyOnnx()
        .in("input_ids int64 b,77")
        .out("last_hidden_state float32 b,77,32")
        .write(root.resolve("text_encoder/model.onnx"));
    contains(
        error(),
        "does not meet the spec latent-diffusion",
        "Graph 'vae_decoder' (vae_decoder/model.onnx) is missing");
    new TinyOnnx()
        .in("latent_sample float32 b,4,h,w")
        .out("sample float32 b,3,H,W")
        .write(root.resolve("vae_decoder/model.onnx"));
    assertEquals(
        Set.of("unet", "vae_decoder", "text_encoder"), ModelFolder.open(root).graphs().keySet());
  }

  @Test
  void open_whenTransformer_isDiffusionTransformer() throws IOException {
    new TinyOnnx()
        .in("hidden_states float32 b,4,h,w", "timestep float32 b", "class_labels int64 b")
        .out("out_sample float32 b,8,h,w")
        .write(root.resolve("transformer/model.onnx"));
    assertEquals(Family.DIFFUSION_TRANSFORMER, ModelFolder.open(root).family());
  }

  // ---- neither

  @Test
  void open_whenNothingThere_saysWhatWasLookedFor() throws IOException {
    write("readme.txt", "x");
    contains(
        error(),
        "No model in " + root,
        "sampo.json",
        "model_index.json",
        "decoder_model_merged.onnx",
        "The folder holds [readme.txt]");
  }

  @Test
  void open_whenMissing_says() {
    Path missing = root.resolve("nothing");
    contains(
        assertThrows(ModelException.class, () -> ModelFolder.open(missing)).getMessage(),
        "Model " + missing + " does not exist",
        "sampo models");
  }

  @Test
  void open_whenTokenizerEmpty_says() throws IOException {
    decoder().write(root.resolve("model.onnx"));
    write("tokenizer.json", "");
    contains(error(), root.resolve("tokenizer.json").toString(), "is empty");
  }

  @Test
  void open_whenConfigIsNoJson_saysWhere() throws IOException {
    decoder().write(root.resolve("model.onnx"));
    write("config.json", "{\"a\":\n 1,,}");
    contains(error(), root.resolve("config.json").toString(), "is not valid JSON", "line 2");
  }

  @Test
  void inspect_whenSingleFile_saysWhatItCouldBe() throws IOException {
    Path file = generator().write(root.resolve("g.onnx"));
    ModelFolder model = ModelFolder.open(file);
    assertEquals(Family.GRAPH, model.family());
    assertEquals(Arrays.asList("gan/generator", "vae/decoder"), model.inspect().candidates());
    assertNull(model.inspect().spec());
  }
}
