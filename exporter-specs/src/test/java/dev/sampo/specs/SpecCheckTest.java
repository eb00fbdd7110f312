package dev.sampo.specs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sampo.specs.Difference.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SpecCheckTest {
  private static final Spec GAN = Specs.get("gan");
  private final Map<String, TensorDescription> inputs = new LinkedHashMap<>();
  private final Map<String, TensorDescription> outputs = new LinkedHashMap<>();
  private final Map<String, GraphDescription> graphs = new LinkedHashMap<>();

  private SpecCheckTest in(String name, String type, String... dims) {
    inputs.put(name, new TensorDescription(type, Arrays.asList(dims)));
    return this;
  }

  private SpecCheckTest out(String name, String type, String... dims) {
    outputs.put(name, new TensorDescription(type, Arrays.asList(dims)));
    return this;
  }

  private SpecCheckTest graph(String name) {
    graphs.put(name, new GraphDescription(inputs, outputs));
    inputs.clear();
    outputs.clear();
    return this;
  }

  private void differences(Spec spec, String... wanted) {
    List<String> actual = new ArrayList<>();
    for (Difference d : SpecCheck.check(spec, graphs)) {
      actual.add(d.kind() + " " + d.graph() + " " + d.tensor() + ": " + d.message());
    }
    assertEquals(Arrays.asList(wanted), actual);
  }

  private SpecCheckTest generator() {
    return in("z", "float32", "batch", "64").out("sample", "float32", "batch", "1", "28", "28");
  }

  @Test
  void check_whenGraphMeetsSpec_findsNothing() {
    generator().in("class_label", "int64", "batch").graph("generator").differences(GAN);
  }

  @Test
  void check_whenFloat16AndEverythingOpen_findsNothing() {
    in("z", "float16", "?", "?")
        .out("sample", "float16", "a", "b", "c", "d")
        .graph("generator")
        .differences(GAN);
  }

  @Test
  void check_whenMoreOutputs_findsNothing() {
    generator().out("features", "float32", "batch", "7").graph("generator").differences(GAN);
  }

  @Test
  void check_whenInputMissing_saysWhatThereIs() {
    in("noise", "float32", "batch", "64")
        .out("sample", "float32", "batch", "1", "28", "28")
        .graph("generator")
        .differences(
            GAN,
            Kind.MISSING_INPUT
                + " generator z: Input 'z' float32 or float16 or bfloat16 [batch,latent] or [batch,latent,1,1] or [batch,latent_channels,latent_height,latent_width] of"
                + " 'generator' is missing; the graph has [noise]",
            Kind.UNEXPECTED_INPUT
                + " generator noise: Unexpected input 'noise' float32 [batch,64] of 'generator'; gan knows [z,"
                + " class_label]");
  }

  @Test
  void check_whenRenamed_findsNothing() {
    in("noise", "float32", "batch", "64")
        .out("img", "float32", "batch", "1", "28", "28")
        .graph("generator");
    GraphDescription renamed =
        graphs.get("generator").renamed(Map.of("z", "noise"), Map.of("sample", "img"));
    graphs.put("generator", renamed);
    differences(GAN);
  }

  @Test
  void check_whenOutputMissing_saysSo() {
    in("z", "float32", "batch", "64")
        .out("x", "float32", "batch", "1", "28", "28")
        .graph("generator")
        .differences(
            GAN,
            Kind.MISSING_OUTPUT
                + " generator sample: Output 'sample' float32 or float16 or bfloat16"
                + " [batch,channels,height,width] of 'generator' is missing; the graph has [x]");
  }

  @Test
  void check_whenElementTypeWrong_saysBoth() {
    generator()
        .in("class_label", "float32", "batch")
        .graph("generator")
        .differences(
            GAN,
            Kind.ELEMENT_TYPE
                + " generator class_label: Input 'class_label' of 'generator' is float32, wanted int64 or int32");
  }

  @Test
  void check_whenRankWrong_saysBoth() {
    in("z", "float32", "batch", "64", "1")
        .out("sample", "float32", "b", "1", "28", "28")
        .graph("generator")
        .differences(
            GAN,
            Kind.RANK
                + " generator z: Input 'z' of 'generator' has shape [batch,64,1], wanted [batch,latent] or [batch,latent,1,1] or [batch,latent_channels,latent_height,latent_width]");
  }

  @Test
  void check_whenSharedSymbolDiffersBetweenGraphs_namesBoth() {
    generator().graph("generator");
    in("sample", "float32", "batch", "1", "32", "28")
        .out("score", "float32", "batch")
        .graph("discriminator")
        .differences(
            GAN,
            Kind.SHAPE
                + " discriminator sample: Input 'sample' of 'discriminator' has shape [batch,1,32,28], wanted"
                + " [batch,channels,height,width]: height is 32 here and 28 in Output 'sample' of 'generator'");
  }

  @Test
  void check_whenBatchDiffersWithinGraph_saysSo() {
    in("z", "float32", "2", "64")
        .out("sample", "float32", "1", "1", "28", "28")
        .graph("generator")
        .differences(
            GAN,
            Kind.SHAPE
                + " generator sample: Output 'sample' of 'generator' has shape [1,1,28,28], wanted"
                + " [batch,channels,height,width]: batch is 1 here and 2 in Input 'z' of 'generator'");
  }

  @Test
  void check_whenGraphMissing_saysWhatIsWanted() {
    in("w", "float32", "batch", "5", "64")
        .out("sample", "float32", "b", "1", "28", "28")
        .graph("synthesis")
        .differences(
            Specs.get("stylegan"),
            Kind.MISSING_GRAPH
                + " mapping null: Graph 'mapping' (mapping.onnx) is missing; stylegan wants mapping + synthesis");
  }

  @Test
  void check_whenAlternativeShape_isAccepted() {
    generator().graph("generator");
    in("sample", "float32", "batch", "1", "28", "28")
        .out("score", "float32", "batch", "1")
        .graph("discriminator")
        .differences(GAN);
  }

  @Test
  void check_whenStateGoesInOnly_saysWhatIsMissing() {
    in("input_ids", "int64", "batch", "time")
        .in("h0", "float32", "2", "batch", "40")
        .out("logits", "float32", "batch", "time", "71")
        .graph("model")
        .differences(
            Specs.get("rnn-lm"),
            Kind.MISSING_OUTPUT + " model hn: Input 'h0' of 'model' is there without 'hn'");
  }

  @Test
  void check_whenRepeatedNamesHaveAGap_namesIt() {
    in("input_ids", "int64", "batch", "time")
        .in("state_0", "float32", "batch", "1", "8")
        .in("state_2", "float32", "batch", "4", "8");
    out("logits", "float32", "batch", "time", "256")
        .out("next_state_0", "float32", "batch", "1", "8")
        .out("next_state_2", "float32", "batch", "4", "8");
    graph("model")
        .differences(
            Specs.get("wavenet"),
            Kind.INDEX
                + " model state_1: Input 'state_1' of 'model' is missing, though there is 'state_2'",
            Kind.INDEX
                + " model next_state_1: Output 'next_state_1' of 'model' is missing, though there is 'next_state_2'");
  }

  @Test
  void check_whenCachesHaveGapsAndStatesOfOtherKinds_theyAreTaken() {
    in("input_ids", "int64", "batch", "sequence_length")
        .in("past_key_values.2.key", "float32", "batch", "2", "past", "8")
        .in("past_key_values.2.value", "float32", "batch", "2", "past", "8")
        .in("past_conv.0", "float32", "batch", "16", "3")
        .in("past_other", "float32", "batch", "16");
    out("logits", "float32", "batch", "sequence_length", "40")
        .out("present.2.key", "float32", "batch", "2", "total", "8")
        .out("present.2.value", "float32", "batch", "2", "total", "8")
        .out("present_conv.0", "float32", "batch", "16", "3");
    graph("model")
        .differences(
            Specs.get("decoder-only"),
            Kind.UNEXPECTED_INPUT
                + " model past_other: Unexpected input 'past_other' float32 [batch,16] of 'model'; decoder-only knows "
                + "[input_ids, attention_mask, position_ids, token_type_ids, past_key_values.{N}.key, past_key_values.{N}.value, use_cache_branch, num_logits_to_keep, logits_to_keep]");
  }

  @Test
  void check_whenRepeatedShapesDiffer_eachIndexHasItsOwn() {
    in("input_ids", "int64", "batch", "time")
        .in("state_0", "float32", "batch", "1", "8")
        .in("state_1", "float32", "batch", "2", "8");
    out("logits", "float32", "batch", "time", "256")
        .out("next_state_0", "float32", "batch", "1", "8")
        .out("next_state_1", "float32", "batch", "3", "8");
    graph("model")
        .differences(
            Specs.get("wavenet"),
            Kind.SHAPE
                + " model next_state_1: Output 'next_state_1' of 'model' has shape [batch,3,8], wanted"
                + " [batch,dilation_1,state_channels]: dilation_1 is 3 here and 2 in Input 'state_1' of 'model'");
  }

  @Test
  void check_whenNoneOfTheOutputs_lists() {
    in("input_ids", "int64", "batch", "time")
        .out("x", "float32", "batch")
        .graph("model")
        .differences(
            Specs.get("encoder"),
            Kind.MISSING_OUTPUT
                + " model null: Graph 'model' gives none of the outputs [last_hidden_state, token_embeddings,"
                + " sentence_embedding, logits]; it gives [x]");
  }

  @Test
  void check_whenDecoderAndEncoderOnly_isComplete() {
    in("input_ids", "int64", "b", "t")
        .out("last_hidden_state", "float32", "b", "t", "40")
        .graph("encoder");
    in("input_ids", "int64", "b", "t")
        .in("encoder_hidden_states", "float32", "b", "s", "40")
        .out("logits", "float32", "b", "t", "430")
        .graph("decoder")
        .differences(Specs.get("encoder-decoder"));
  }
}
