package dev.sampo.export.quantize;

import com.google.protobuf.ByteString;
import dev.sampo.export.files.DataFile;
import dev.sampo.export.weights.Matrix;
import dev.sampo.onnx.Attr;
import dev.sampo.onnx.Tensors;
import dev.sampo.onnx.proto.AttributeProto;
import dev.sampo.onnx.proto.GraphProto;
import dev.sampo.onnx.proto.ModelProto;
import dev.sampo.onnx.proto.NodeProto;
import dev.sampo.onnx.proto.OperatorSetIdProto;
import dev.sampo.onnx.proto.TensorProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites one graph: products with a constant matrix become {@code MatMulNBits}, or {@code MatMulInteger} over rows with a scale of their own;
 * tables of embeddings {@code GatherBlockQuantized}. A table that both read in blocks is stored once.
 *
 * <p>Longer than most: each way of writing a product stands beside what they share.
 */
final class GraphQuantizer {
  private static final String MICROSOFT = "com.microsoft";
  private static final int SMALL_BYTES = 1024;

  private final Path source;
  private final Quantizer settings;
  private final DataFile data;
  private final ModelProto model;
  private final Map<String, TensorProto> initializers = new LinkedHashMap<>();
  private final Map<String, NodeProto> makers = new HashMap<>();
  private final Map<String, Stored> stored = new HashMap<>();
  private final List<TensorProto> written = new ArrayList<>();
  private final Set<String> names = new HashSet<>();
  private final Map<String, Rows> rows = new HashMap<>();
  private int quantized;
  private int left;

  /** Codes, scales and zeros of a matrix in the data file. */
  private record Stored(
      int rows, int columns, int blocks, long codes, long scales, long zeros, BlockQuantizer how) {}

  /** A constant matrix that a node multiplies with: the tensor, and whether its rows are the inputs' side. */
  private record Constant(TensorProto tensor, boolean inputFirst) {}

  GraphQuantizer(Path source, ModelProto model, Quantizer settings, DataFile data) {
    this.source = source;
    this.model = model;
    this.settings = settings;
    this.data = data;
    model.getGraph().getInitializerList().forEach(t -> initializers.put(t.getName(), t));
    for (NodeProto node : model.getGraph().getNodeList()) {
      for (String output : node.getOutputList()) {
        makers.put(output, node);
      }
    }
  }

  /** Number of products and tables that were rewritten. */
  int quantized() {
    return quantized;
  }

  /** Number of products with constant matrices that were left as they are. */
  int left() {
    return left;
  }

  /** The rewritten model; its weights are in the data file. */
  ModelProto run() throws IOException {
    GraphProto graph = model.getGraph();
    List<NodeProto> nodes = new ArrayList<>();
    for (NodeProto node : graph.getNodeList()) {
      nodes.addAll(rewritten(node));
    }
    List<NodeProto> kept = needed(nodes);
    GraphProto.Builder builder =
        graph.toBuilder()
            .clearNode()
            .addAllNode(kept)
            .clearInitializer()
            .addAllInitializer(written);
    Set<String> used = new HashSet<>();
    kept.forEach(node -> collect(node, used));
    graph.getOutputList().forEach(output -> used.add(output.getName()));
    for (TensorProto tensor : initializers.values()) {
      if (used.contains(tensor.getName())) {
        builder.addInitializer(moved(tensor));
      }
    }
    return withDomain(model.toBuilder().setGraph(builder));
  }

  private static ModelProto withDomain(ModelProto.Builder builder) {
    boolean known =
        builder.getOpsetImportList().stream().anyMatch(o -> o.getDomain().equals(MICROSOFT));
    if (!known) {
      builder.addOpsetImport(OperatorSetIdProto.newBuilder().setDomain(MICROSOFT).setVersion(1));
    }
    return builder.build();
  }

  private static void collect(NodeProto node, Set<String> used) {
    used.addAll(node.getInputList());
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.hasG()) {
        attribute.getG().getNodeList().forEach(inner -> collect(inner, used));
        attribute.getG().getOutputList().forEach(output -> used.add(output.getName()));
      }
    }
  }

  /** Drops what only made weights that are gone: their casts and transpositions. */
  private List<NodeProto> needed(List<NodeProto> nodes) {
    Set<String> used = new HashSet<>();
    model.getGraph().getOutputList().forEach(output -> used.add(output.getName()));
    List<NodeProto> kept = new ArrayList<>();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      NodeProto node = nodes.get(i);
      if (node.getOutputList().stream().anyMatch(used::contains)) {
        kept.add(0, node);
        collect(node, used);
      }
    }
    return kept;
  }

  // ---- nodes

  private List<NodeProto> rewritten(NodeProto node) throws IOException {
    switch (node.getOpType()) {
      case "MatMul", "FusedMatMul", "Gemm" -> {
        Constant constant = product(node);
        if (constant == null) {
          return List.of(node);
        }
        if (isSkipped(node, constant.tensor())) {
          left++;
          return List.of(node);
        }
        return settings.isByRow() ? byRow(node, constant) : matMul(node, constant);
      }
      case "Gather" -> {
        TensorProto table = initializers.get(node.getInput(0));
        boolean rows = Attr.getInt(node, "axis", 0) == 0;
        if (table == null || !rows || !Matrix.isMatrix(table) || isSkipped(node, table)) {
          return List.of(node);
        }
        return gather(node, table);
      }
      default -> {
        return List.of(node);
      }
    }
  }

  private boolean isSkipped(NodeProto node, TensorProto tensor) {
    return settings.skips(node.getName()) || settings.skips(tensor.getName());
  }

  /** The constant matrix that a node multiplies from the right with, or null. */
  private @Nullable Constant product(NodeProto node) {
    boolean transposed = false;
    switch (node.getOpType()) {
      case "FusedMatMul" -> {
        transposed = Attr.getInt(node, "transB", 0) == 1;
        if (Attr.getInt(node, "transA", 0) != 0
            || Attr.getInt(node, "transBatchA", 0) != 0
            || Attr.getInt(node, "transBatchB", 0) != 0
            || Attr.getFloat(node, "alpha", 1) != 1) {
          return null;
        }
      }
      case "Gemm" -> {
        transposed = Attr.getInt(node, "transB", 0) == 1;
        if (Attr.getInt(node, "transA", 0) != 0
            || Attr.getFloat(node, "alpha", 1) != 1
            || Attr.getFloat(node, "beta", 1) != 1) {
          return null;
        }
      }
      default -> {}
    }
    String name = node.getInput(1);
    // Weights may be turned into float32 and transposed on their way.
    for (NodeProto maker = makers.get(name); maker != null; maker = makers.get(name)) {
      boolean turns = maker.getOpType().equals("Transpose");
      if (!turns && !maker.getOpType().equals("Cast")) {
        return null;
      }
      transposed ^= turns;
      name = maker.getInput(0);
    }
    TensorProto tensor = initializers.get(name);
    return tensor != null && Matrix.isMatrix(tensor) ? new Constant(tensor, !transposed) : null;
  }

  private List<NodeProto> matMul(NodeProto node, Constant constant) throws IOException {
    Stored s = store(constant.tensor(), constant.inputFirst());
    quantized++;
    String base = unique(constant.tensor().getName(), constant.inputFirst());
    List<String> in = new ArrayList<>(List.of(node.getInput(0)));
    int blob = settings.blockSize() * settings.bitCount() / 8;
    long bytes = (long) s.rows() * s.how().rowBytes();
    in.add(
        tensor(
            base + "_codes",
            TensorProto.DataType.UINT8_VALUE,
            s.codes(),
            bytes,
            s.rows(),
            s.blocks(),
            blob));
    long scales = (long) s.rows() * s.blocks();
    in.add(
        tensor(
            base + "_scales",
            TensorProto.DataType.FLOAT_VALUE,
            s.scales(),
            4 * scales,
            s.rows(),
            s.blocks()));
    if (!settings.isSymmetric()) {
      long zeros = (long) s.rows() * s.how().zeroBytes();
      in.add(
          tensor(
              base + "_zeros",
              TensorProto.DataType.UINT8_VALUE,
              s.zeros(),
              zeros,
              s.rows(),
              s.how().zeroBytes()));
    }
    boolean biased = node.getOpType().equals("Gemm") && node.getInputCount() > 2;
    String out = biased ? node.getOutput(0) + "_product" : node.getOutput(0);
    List<NodeProto> made = new ArrayList<>();
    made.add(
        node("MatMulNBits", MICROSOFT, node.getName(), in, out).toBuilder()
            .addAttribute(Attr.of("K", s.columns()))
            .addAttribute(Attr.of("N", s.rows()))
            .addAttribute(Attr.of("bits", settings.bitCount()))
            .addAttribute(Attr.of("block_size", settings.blockSize()))
            .addAttribute(Attr.of("accuracy_level", settings.accuracy()))
            .build());
    if (biased) {
      made.add(
          node(
              "Add",
              "",
              node.getName() + "_bias",
              List.of(out, node.getInput(2)),
              node.getOutput(0)));
    }
    return made;
  }

  // ---- int8 with a scale a row

  /** A row's codes, and what they are to be multiplied with again. */
  private record Rows(String codes, String size) {}

  /**
   * {@code x W = size(x) * (codes(x) W8) * scale(W) / 127}: each row of x is divided by its largest value, so that one fixed scale fits all rows and
   * none depends on the others.
   */
  private List<NodeProto> byRow(NodeProto node, Constant constant) throws IOException {
    quantized++;
    List<NodeProto> made = new ArrayList<>();
    Rows rows = rows(node.getInput(0), made);
    String base = constant.tensor().getName() + (constant.inputFirst() ? "_it" : "_i");
    boolean unsigned = !settings.isExact();
    if (names.add(base)) {
      writeByRow(base, Matrix.of(constant.tensor(), source, constant.inputFirst()), unsigned);
    }
    String out = node.getOutput(0);
    List<String> in = new ArrayList<>(List.of(rows.codes(), base, "sampo_zero_128"));
    if (unsigned) {
      in.add("sampo_zero_128");
    }
    made.add(node("MatMulInteger", "", node.getName() + "_int8", in, out + "_sums"));
    made.add(
        node("Cast", "", node.getName() + "_float", List.of(out + "_sums"), out + "_numbers")
            .toBuilder()
            .addAttribute(Attr.of("to", TensorProto.DataType.FLOAT_VALUE))
            .build());
    made.add(
        node(
            "Mul",
            "",
            node.getName() + "_scales",
            List.of(out + "_numbers", base + "_scales"),
            out + "_scaled"));
    boolean biased = node.getOpType().equals("Gemm") && node.getInputCount() > 2;
    String product = biased ? out + "_product" : out;
    made.add(
        node("Mul", "", node.getName() + "_size", List.of(out + "_scaled", rows.size()), product));
    if (biased) {
      made.add(node("Add", "", node.getName() + "_bias", List.of(product, node.getInput(2)), out));
    }
    return made;
  }

  private Rows rows(String x, List<NodeProto> made) {
    Rows known = rows.get(x);
    if (known != null) {
      return known;
    }
    if (names.add("sampo_zero_128")) {
      written.add(
          small("sampo_zero_128", TensorProto.DataType.UINT8_VALUE, new byte[] {(byte) 128}));
      written.add(numbers("sampo_step", 1 / 127f));
      written.add(numbers("sampo_tiny", Float.MIN_NORMAL));
      written.add(Tensors.ofLongs("sampo_last_axis", new long[] {1}, -1));
    }
    made.add(node("Abs", "", x + "_abs", List.of(x), x + "_abs"));
    made.add(mostOfRows(x + "_abs", x + "_most"));
    made.add(node("Max", "", x + "_row", List.of(x + "_most", "sampo_tiny"), x + "_row"));
    made.add(node("Div", "", x + "_unit", List.of(x, x + "_row"), x + "_unit"));
    made.add(
        node(
            "QuantizeLinear",
            "",
            x + "_codes",
            List.of(x + "_unit", "sampo_step", "sampo_zero_128"),
            x + "_codes"));
    Rows fresh = new Rows(x + "_codes", x + "_row");
    rows.put(x, fresh);
    return fresh;
  }

  private NodeProto mostOfRows(String x, String out) {
    boolean inputAxes =
        model.getOpsetImportList().stream()
            .anyMatch(o -> o.getDomain().isEmpty() && o.getVersion() >= 18);
    return inputAxes
        ? node("ReduceMax", "", out, List.of(x, "sampo_last_axis"), out)
        : node("ReduceMax", "", out, List.of(x), out).toBuilder()
            .addAttribute(Attr.ints("axes", -1))
            .build();
  }

  private void writeByRow(String base, Matrix matrix, boolean unsigned) throws IOException {
    RowQuantizer how = RowQuantizer.of(matrix, unsigned);
    long at = data.begin();
    data.write(how.codes(), how.codes().length);
    int type = unsigned ? TensorProto.DataType.UINT8_VALUE : TensorProto.DataType.INT8_VALUE;
    written.add(data.tensor(base, type, at, how.codes().length, how.inputs(), how.outputs()));
    float[] scales = how.scales().clone();
    for (int i = 0; i < scales.length; i++) {
      scales[i] /= 127; // the step of the rows
    }
    written.add(Tensors.ofFloats(base + "_scales", new long[] {scales.length}, scales));
  }

  private static TensorProto small(String name, int type, byte[] value) {
    return TensorProto.newBuilder()
        .setName(name)
        .setDataType(type)
        .setRawData(ByteString.copyFrom(value))
        .build();
  }

  private static TensorProto numbers(String name, float value) {
    return Tensors.ofFloats(name, new long[0], value);
  }

  private List<NodeProto> gather(NodeProto node, TensorProto table) throws IOException {
    long columns = table.getDims(1);
    if (columns % settings.blockSize() != 0 || columns < settings.blockSize()) {
      return List.of(node);
    }
    Stored s = store(table, false);
    quantized++;
    String base = unique(table.getName(), false);
    List<String> in = new ArrayList<>();
    long perRow = s.how().rowBytes();
    in.add(
        tensor(
            base + "_table",
            TensorProto.DataType.UINT8_VALUE,
            s.codes(),
            s.rows() * perRow,
            s.rows(),
            perRow));
    in.add(node.getInput(1));
    in.add(
        tensor(
            base + "_scales",
            TensorProto.DataType.FLOAT_VALUE,
            s.scales(),
            4L * s.rows() * s.blocks(),
            s.rows(),
            s.blocks()));
    if (!settings.isSymmetric()) {
      long zeros = s.how().zeroBytes();
      in.add(
          tensor(
              base + "_zeros",
              TensorProto.DataType.UINT8_VALUE,
              s.zeros(),
              s.rows() * zeros,
              s.rows(),
              zeros));
    }
    NodeProto made =
        node("GatherBlockQuantized", MICROSOFT, node.getName(), in, node.getOutput(0)).toBuilder()
            .addAttribute(Attr.of("gather_axis", 0))
            .addAttribute(Attr.of("quantize_axis", 1))
            .addAttribute(Attr.of("block_size", settings.blockSize()))
            .addAttribute(Attr.of("bits", settings.bitCount()))
            .build();
    return List.of(made);
  }

  private static NodeProto node(
      String type, String domain, String name, List<String> in, String out) {
    return NodeProto.newBuilder()
        .setOpType(type)
        .setDomain(domain)
        .setName(name)
        .addAllInput(in)
        .addOutput(out)
        .build();
  }

  private static String unique(String tensor, boolean inputFirst) {
    return tensor + "_q" + (inputFirst ? "t" : "");
  }

  private String tensor(String name, int type, long offset, long length, long... dims) {
    if (names.add(name)) {
      written.add(data.tensor(name, type, offset, length, dims));
    }
    return name;
  }

  // ---- data

  private Stored store(TensorProto tensor, boolean transposed) throws IOException {
    String key = unique(tensor.getName(), transposed);
    Stored known = stored.get(key);
    if (known == null) {
      known = write(Matrix.of(tensor, source, transposed));
      stored.put(key, known);
    }
    return known;
  }

  private Stored write(Matrix matrix) throws IOException {
    BlockQuantizer how =
        new BlockQuantizer(
            settings.bitCount(), settings.blockSize(), settings.isSymmetric(), matrix.columns());
    int rows = matrix.rows();
    float[] row = new float[matrix.columns()];
    byte[] codes = new byte[how.rowBytes()];
    float[] scales = new float[how.blocks()];
    byte[] zeros = new byte[how.zeroBytes()];
    ByteBuffer allScales =
        ByteBuffer.allocate(Math.multiplyExact(4 * how.blocks(), rows))
            .order(java.nio.ByteOrder.LITTLE_ENDIAN);
    byte[] allZeros = new byte[Math.multiplyExact(how.zeroBytes(), rows)];
    long codesAt = data.begin();
    for (int r = 0; r < rows; r++) {
      matrix.row(r, row);
      how.row(row, codes, scales, zeros);
      data.write(codes, codes.length);
      for (float scale : scales) {
        allScales.putFloat(scale);
      }
      System.arraycopy(zeros, 0, allZeros, r * zeros.length, zeros.length);
    }
    long scalesAt = data.begin();
    data.write(allScales.array(), allScales.capacity());
    long zerosAt = 0;
    if (!settings.isSymmetric()) {
      zerosAt = data.begin();
      data.write(allZeros, allZeros.length);
    }
    return new Stored(rows, matrix.columns(), how.blocks(), codesAt, scalesAt, zerosAt, how);
  }

  /** A tensor that stays as it is: small ones within the graph, others in the data file. */
  private TensorProto moved(TensorProto tensor) throws IOException {
    boolean external = tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL;
    if (!external && tensor.getSerializedSize() <= SMALL_BYTES) {
      return tensor;
    }
    byte[] bytes = external ? read(tensor) : tensor.getRawData().toByteArray();
    if (bytes.length == 0) {
      return tensor; // kept in a typed field
    }
    if (bytes.length <= SMALL_BYTES) {
      return tensor.toBuilder()
          .clearExternalData()
          .clearDataLocation()
          .setRawData(ByteString.copyFrom(bytes))
          .build();
    }
    long at = data.begin();
    data.write(bytes, bytes.length);
    long[] dims = tensor.getDimsList().stream().mapToLong(Long::longValue).toArray();
    return data.tensor(tensor.getName(), tensor.getDataType(), at, bytes.length, dims);
  }

  private byte[] read(TensorProto tensor) throws IOException {
    Map<String, String> place = new HashMap<>();
    tensor.getExternalDataList().forEach(e -> place.put(e.getKey(), e.getValue()));
    Path file =
        dev.sampo.runtime.SafePaths.resolve(
            source.toAbsolutePath().getParent(),
            place.getOrDefault("location", ""),
            "external data of " + source);
    long offset = Long.parseLong(place.getOrDefault("offset", "0"));
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long length =
          Long.parseLong(place.getOrDefault("length", Long.toString(channel.size() - offset)));
      if (offset < 0 || length < 0 || length > channel.size() - offset) {
        throw new dev.sampo.error.ModelException(
            file, "Tensor '" + tensor.getName() + "' lies beyond the end of " + file + ".");
      }
      ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(length));
      while (bytes.hasRemaining() && channel.read(bytes, offset + bytes.position()) >= 0) {
        continue;
      }
      return bytes.array();
    }
  }
}
