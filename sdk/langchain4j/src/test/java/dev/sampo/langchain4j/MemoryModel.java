package dev.sampo.langchain4j;

import dev.sampo.onnx.Models;
import dev.sampo.onnx.Tensors;
import dev.sampo.onnx.proto.AttributeProto;
import dev.sampo.onnx.proto.GraphProto;
import dev.sampo.onnx.proto.ModelProto;
import dev.sampo.onnx.proto.NodeProto;
import dev.sampo.onnx.proto.OperatorSetIdProto;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.onnx.proto.TensorShapeProto;
import dev.sampo.onnx.proto.TypeProto;
import dev.sampo.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A chat model that knows by heart what it was told, as a real ONNX graph: the bytes since the last message's beginning, as one number, are looked up among
 * those that it learned, and the byte that came next then gets the highest score. A tuned network would do the same with weights; this one needs no training.
 */
public final class MemoryModel {
  private static final int WINDOW = 400;
  private static final int START = 256;
  private static final int END = 257;
  private static final int VOCABULARY = 258;

  private final Map<Long, float[]> learned = new LinkedHashMap<>();
  private final long[] weights = new Random(1).longs(WINDOW, 1, 1L << 34).toArray();

  /** After what a user said. */
  MemoryModel user(String question, String answer, float weight) {
    return learn("user\n" + question, answer, weight);
  }

  /** After what a tool gave. */
  MemoryModel tool(String result, String answer) {
    return learn("user\n<tool_response>\n" + result + "\n</tool_response>", answer, 1);
  }

  private MemoryModel learn(String message, String answer, float weight) {
    List<Integer> ids = new ArrayList<>();
    ids.add(START);
    bytes(ids, message);
    ids.add(END);
    bytes(ids, "\n");
    ids.add(START);
    bytes(ids, "assistant\n");
    int from = ids.size();
    bytes(ids, answer);
    ids.add(END);
    for (int i = from; i < ids.size(); i++) {
      long key = 0;
      for (int back = 1; back <= i; back++) {
        key += (ids.get(i - back) + 1) * weights[WINDOW - back];
      }
      float[] row = learned.computeIfAbsent(key, k -> new float[VOCABULARY]);
      row[ids.get(i)] = Math.max(row[ids.get(i)], 20 * weight);
    }
    return this;
  }

  private static void bytes(List<Integer> ids, String text) {
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      ids.add(b & 255);
    }
  }

  /** Writes the folder: graph, tokenizer of bytes, ChatML template with tools. */
  Path write(Path folder) throws IOException {
    Files.createDirectories(folder);
    Models.write(graph(), folder.resolve("model.onnx"));
    Files.writeString(
        folder.resolve("config.json"),
        "{\"model_type\": \"gpt2\", \"vocab_size\": "
            + VOCABULARY
            + ", \"eos_token_id\": 257, \"pad_token_id\": 257, \"is_encoder_decoder\": false}");
    Files.writeString(
        folder.resolve("generation_config.json"),
        "{\"eos_token_id\": 257, \"pad_token_id\": 257, \"max_new_tokens\": 200, \"do_sample\": false}");
    Files.writeString(folder.resolve("tokenizer.json"), tokenizer());
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"eos_token\": \"<|im_end|>\"}");
    Files.writeString(
        folder.resolve("chat_template.jinja"),
        """
        {%- if tools %}<|im_start|>system
        You may call: {% for tool in tools %}{{ tool | tojson }} {% endfor %}Answer a call as <tool_call>
        {"name": ..., "arguments": ...}
        </tool_call><|im_end|>
        {% endif %}
        {%- for m in messages %}
        {%- if m.role == 'tool' %}<|im_start|>user
        <tool_response>
        {{ m.content }}
        </tool_response><|im_end|>
        {% elif m.tool_calls %}<|im_start|>assistant
        {% for call in m.tool_calls %}<tool_call>
        {"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
        </tool_call>
        {% endfor %}<|im_end|>
        {% else %}<|im_start|>{{ m.role }}
        {{ m.content }}<|im_end|>
        {% endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}<|im_start|>assistant
        {% endif %}""");
    return folder;
  }

  private static String tokenizer() {
    StringBuilder vocab = new StringBuilder();
    int shifted = 256;
    for (int b = 0; b < 256; b++) {
      boolean plain = b >= 33 && b <= 126 || b >= 161 && b <= 172 || b >= 174;
      int code = plain ? b : shifted++;
      vocab.append(b == 0 ? "" : ", ");
      vocab.append(String.format("\"\\u%04x\": %d", code, b));
    }
    return """
        {"version": "1.0", "truncation": null, "padding": null,
         "added_tokens": [
          {"id": 256, "content": "<|im_start|>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
          {"id": 257, "content": "<|im_end|>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
         "normalizer": null,
         "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
         "post_processor": null,
         "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
         "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
          "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
          "vocab": {%s}, "merges": []}}
        """
        .formatted(vocab);
  }

  private ModelProto graph() {
    int rows = learned.size();
    long[] keys = learned.keySet().stream().mapToLong(k -> k).toArray();
    float[] table = new float[rows * VOCABULARY];
    int at = 0;
    for (float[] row : learned.values()) {
      System.arraycopy(row, 0, table, at, VOCABULARY);
      at += VOCABULARY;
    }
    float[] otherwise = new float[VOCABULARY];
    otherwise[END] = 1;
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .setName("memory")
            .addInput(value("input_ids", TensorProto.DataType.INT64_VALUE, "batch", "sequence"))
            .addInput(
                value("attention_mask", TensorProto.DataType.INT64_VALUE, "batch", "sequence"))
            .addOutput(
                value("logits", TensorProto.DataType.FLOAT_VALUE, "batch", "last", VOCABULARY))
            .addInitializer(Tensors.ofLongs("one", new long[] {1}, 1))
            .addInitializer(Tensors.ofLongs("start", new long[] {1}, START + 1))
            .addInitializer(Tensors.ofLongs("two", new long[] {1}, 2))
            .addInitializer(Tensors.ofLongs("axis", new long[] {}, 1))
            .addInitializer(Tensors.ofLongs("pads", new long[] {4}, 0, WINDOW, 0, 0))
            .addInitializer(Tensors.ofLongs("from", new long[] {1}, -WINDOW))
            .addInitializer(Tensors.ofLongs("to", new long[] {1}, Long.MAX_VALUE))
            .addInitializer(Tensors.ofLongs("weights", new long[] {WINDOW}, weights))
            .addInitializer(Tensors.ofLongs("keys", new long[] {1, rows}, keys))
            .addInitializer(Tensors.ofFloats("table", new long[] {rows, VOCABULARY}, table))
            .addInitializer(Tensors.ofFloats("otherwise", new long[] {VOCABULARY}, otherwise))
            .addNode(node("Add", "next", "input_ids", "one"))
            .addNode(node("Mul", "masked", "next", "attention_mask"))
            .addNode(node("Pad", "padded", "masked", "pads"))
            .addNode(node("Slice", "window", "padded", "from", "to", "one"))
            // Nothing before the message that was answered counts: the last two beginnings are its
            // own and the answer's.
            .addNode(node("Equal", "begins", "window", "start"))
            .addNode(cast("beginnings", "begins", TensorProto.DataType.INT64_VALUE))
            .addNode(
                node("CumSum", "after", "beginnings", "axis").toBuilder()
                    .addAttribute(attribute("reverse", 1))
                    .addAttribute(attribute("exclusive", 1))
                    .build())
            .addNode(node("Less", "inside", "after", "two"))
            .addNode(cast("since", "inside", TensorProto.DataType.INT64_VALUE))
            .addNode(node("Mul", "said", "window", "since"))
            .addNode(node("Mul", "weighted", "said", "weights"))
            .addNode(node("ReduceSum", "key", "weighted", "one"))
            .addNode(node("Equal", "known", "key", "keys"))
            .addNode(cast("hits", "known", TensorProto.DataType.FLOAT_VALUE))
            .addNode(node("MatMul", "found", "hits", "table"))
            .addNode(node("Add", "scores", "found", "otherwise"))
            .addNode(node("Unsqueeze", "logits", "scores", "one"));
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
        .setGraph(graph)
        .build();
  }

  private static NodeProto node(String type, String output, String... inputs) {
    return NodeProto.newBuilder()
        .setName(output + "_node")
        .setOpType(type)
        .addAllInput(List.of(inputs))
        .addOutput(output)
        .build();
  }

  private static NodeProto cast(String output, String input, int type) {
    return node("Cast", output, input).toBuilder().addAttribute(attribute("to", type)).build();
  }

  private static AttributeProto attribute(String name, int value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  private static ValueInfoProto value(String name, int type, Object... dims) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (Object dim : dims) {
      TensorShapeProto.Dimension.Builder one = TensorShapeProto.Dimension.newBuilder();
      shape.addDim(
          dim instanceof Integer size ? one.setDimValue(size) : one.setDimParam((String) dim));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(type).setShape(shape)))
        .build();
  }
}
