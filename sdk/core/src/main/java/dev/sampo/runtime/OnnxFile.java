package dev.sampo.runtime;

import dev.sampo.error.ModelException;
import dev.sampo.runtime.ProtoReader.MalformedException;
import dev.sampo.specs.GraphDescription;
import dev.sampo.specs.TensorDescription;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What an {@code .onnx} file says about itself, read without ONNX Runtime in milliseconds whatever its size: inputs, outputs, weights by
 * number and place. See <a href="https://github.com/onnx/onnx/blob/main/onnx/onnx.proto">onnx.proto</a> for the field numbers.
 *
 * <p>A long file because each message of the format that is looked into has its reader here, beside the numbers of its fields.
 *
 * @param path the file
 * @param sizeBytes its size, external data included
 * @param description inputs (weights that are listed among them left out) and outputs
 * @param parameterCount numbers in all floating-point and 8-bit or narrower initializers, subgraphs included
 * @param opset version of the default operator set; 0 if none is named
 * @param irVersion version of the file format; 0 if none is named
 * @param producer what made it; empty if it does not say
 * @param externalData files beside it that hold weights
 * @param operators kinds of nodes, subgraphs included, {@code MatMul} for one
 * @param randomOperators kinds of nodes that draw random numbers as the graph runs, {@code Dropout} among them where it is in training mode. ONNX
 *     Runtime gives them the numbers of its own seed unless {@link SessionConfig#graphSeed()} says one; no request's seed reaches them
 * @param inPlaceCaches inputs that a {@code GroupQueryAttention} of the graph reads as its past, each with the output that the same node gives as its
 *     present: one tensor may be both
 */
public record OnnxFile(
    Path path,
    long sizeBytes,
    GraphDescription description,
    long parameterCount,
    long opset,
    long irVersion,
    String producer,
    List<String> externalData,
    Set<String> operators,
    Set<String> randomOperators,
    Map<String, String> inPlaceCaches) {

  /** The attention of exports for ONNX Runtime's own operators, which takes its past and present in one buffer. */
  public static final String GROUP_QUERY_ATTENTION = "GroupQueryAttention";

  /** Real graphs nest their bodies a few deep; a file that nests them for ever must not overflow the stack. */
  private static final int MAX_DEPTH = 64;

  private static final String[] TYPES = {
    "undefined",
    "float32",
    "uint8",
    "int8",
    "uint16",
    "int16",
    "int32",
    "int64",
    "string",
    "bool",
    "float16",
    "float64",
    "uint32",
    "uint64",
    "complex64",
    "complex128",
    "bfloat16",
    "float8e4m3fn",
    "float8e4m3fnuz",
    "float8e5m2",
    "float8e5m2fnuz",
    "uint4",
    "int4",
    "float4e2m1"
  };

  /** Copies the collections. */
  public OnnxFile {
    externalData = Collections.unmodifiableList(new ArrayList<>(externalData));
    operators = Collections.unmodifiableSet(new TreeSet<>(operators));
    randomOperators = Collections.unmodifiableSet(new TreeSet<>(randomOperators));
    inPlaceCaches = Collections.unmodifiableMap(new LinkedHashMap<>(inPlaceCaches));
  }

  /**
   * Why this ONNX Runtime does not load the graph, as far as the file's versions say; null if nothing speaks against it.
   */
  public @Nullable String tooNew() {
    if (irVersion > OnnxRuntime.NEWEST_IR) {
      return "Its file format is IR version "
          + irVersion
          + "; this runtime reads up to "
          + OnnxRuntime.NEWEST_IR
          + ". Export it with an older onnx package.";
    }
    if (opset > OnnxRuntime.NEWEST_OPSET) {
      return "Its operators are of opset "
          + opset
          + "; this runtime knows up to "
          + OnnxRuntime.NEWEST_OPSET
          + ". Export it with a lower opset_version.";
    }
    return null;
  }

  /**
   * Reads the file.
   *
   * @throws ModelException if it is missing, empty, truncated or no ONNX graph, or if its external data is missing, too short or lies
   *     outside its folder
   */
  public static OnnxFile read(Path file) {
    ModelException.refuseSpecial(file);
    if (!Files.isRegularFile(file)) {
      throw new ModelException(
          file,
          "Model file " + file + " does not exist. Check the path, or export the model again.");
    }
    Parser parser = new Parser();
    long size;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      size = channel.size();
      if (size == 0) {
        throw new ModelException(
            file, "Model file " + file + " is empty. Fetch or export it again.");
      }
      parser.model(new ProtoReader(channel));
    } catch (MalformedException e) {
      refuseForeign(file);
      throw new ModelException(
          file,
          "Model file "
              + file
              + " is truncated or no ONNX graph: "
              + e.getMessage()
              + ". Fetch or export it again.",
          e);
    } catch (IOException e) {
      throw new ModelException(
          file, "Model file " + file + " cannot be read: " + e.getMessage(), e);
    }
    if (!parser.hasGraph) {
      refuseForeign(file);
      throw new ModelException(
          file,
          "Model file "
              + file
              + " is no ONNX graph ("
              + size
              + " bytes without one). Fetch or export it again.");
    }
    return new OnnxFile(
        file,
        size + externalBytes(file, parser.external),
        parser.description(),
        parser.parameterCount,
        parser.opset,
        parser.irVersion,
        parser.producer,
        new ArrayList<>(parser.external.keySet()),
        parser.operators,
        parser.randomOperators(),
        parser.inPlaceCaches());
  }

  /** Of a file that is something else, the error says what. */
  private static void refuseForeign(Path file) {
    String is = ForeignFiles.describe(file);
    if (is != null) {
      throw new ModelException(file, "Model file " + file + " " + is);
    }
  }

  private static long externalBytes(Path file, Map<String, Long> external) {
    long total = 0;
    Path folder = file.toAbsolutePath().getParent();
    for (Map.Entry<String, Long> e : external.entrySet()) {
      Path data = SafePaths.resolve(folder, e.getKey(), "the external data of " + file);
      long size;
      try {
        size = Files.size(data);
      } catch (IOException x) {
        throw new ModelException(
            file,
            "Model file "
                + file
                + " keeps its weights in "
                + data
                + ", which does not exist or cannot be read. Copy it beside the model.",
            x);
      }
      if (size < e.getValue()) {
        throw new ModelException(
            file,
            "Model file "
                + file
                + " keeps its weights in "
                + data
                + ", which is truncated: it has "
                + size
                + " bytes, the model needs "
                + e.getValue()
                + ". Fetch or export it again.");
      }
      total += size;
    }
    return total;
  }

  /** Walks the messages of onnx.proto. */
  private static final class Parser {
    private final Map<String, TensorDescription> inputs = new LinkedHashMap<>();
    private final Map<String, TensorDescription> outputs = new LinkedHashMap<>();
    private final Set<String> initializers = new TreeSet<>();
    private final Map<String, Long> external = new LinkedHashMap<>();
    private final Set<String> operators = new TreeSet<>();
    private final Map<String, String> caches = new LinkedHashMap<>();

    /** What tells Dropouts whether they are in training mode, and constants that say no. */
    private final Set<String> trainingModes = new TreeSet<>();

    private final Set<String> falseConstants = new TreeSet<>();
    private long parameterCount;
    private int depth;
    private long opset;
    private long irVersion;
    private String producer = "";
    private boolean hasGraph;

    GraphDescription description() {
      inputs.keySet().removeAll(initializers);
      return new GraphDescription(inputs, outputs);
    }

    Set<String> randomOperators() {
      Set<String> found = new TreeSet<>(RandomNodes.OPERATORS);
      found.retainAll(operators);
      if (!falseConstants.containsAll(trainingModes)) {
        found.add(RandomNodes.DROPOUT);
      }
      return found;
    }

    Map<String, String> inPlaceCaches() {
      Map<String, String> found = new LinkedHashMap<>(caches);
      found.keySet().retainAll(inputs.keySet());
      found.values().retainAll(outputs.keySet());
      return found;
    }

    void model(ProtoReader in) throws IOException {
      String name = "";
      String version = "";
      while (in.hasMore()) {
        int tag = in.tag();
        if (is(tag, 1, ProtoReader.VARINT)) {
          irVersion = in.varint();
        } else if (is(tag, 2, ProtoReader.BYTES)) {
          name = in.string();
        } else if (is(tag, 3, ProtoReader.BYTES)) {
          version = in.string();
        } else if (is(tag, 7, ProtoReader.BYTES)) {
          hasGraph = true;
          graph(in, true);
        } else if (is(tag, 8, ProtoReader.BYTES)) {
          opset(in);
        } else if (is(tag, 25, ProtoReader.BYTES)) {
          function(in);
        } else {
          in.skip(tag);
        }
      }
      producer = version.isEmpty() ? name : name + " " + version;
    }

    private void opset(ProtoReader in) throws IOException {
      long outer = in.enter();
      String domain = "";
      long version = 0;
      while (in.hasMore()) {
        int tag = in.tag();
        if (is(tag, 1, ProtoReader.BYTES)) {
          domain = in.string();
        } else if (is(tag, 2, ProtoReader.VARINT)) {
          version = in.varint();
        } else {
          in.skip(tag);
        }
      }
      in.leave(outer);
      if (domain.isEmpty() || domain.equals("ai.onnx")) {
        opset = version;
      }
    }

    private void function(ProtoReader in) throws IOException {
      long outer = in.enter();
      while (in.hasMore()) {
        int tag = in.tag();
        if (is(tag, 7, ProtoReader.BYTES)) {
          node(in, false);
        } else {
          in.skip(tag);
        }
      }
      in.leave(outer);
    }

    private void graph(ProtoReader in, boolean top) throws IOException {
      long outer = in.enter();
      if (++depth > MAX_DEPTH) {
        throw new MalformedException(
            "its graphs are nested more than " + MAX_DEPTH + " deep (If, Loop, Scan)");
      }
      while (in.hasMore()) {
        int tag = in.tag();
        if (is(tag, 1, ProtoReader.BYTES)) {
          node(in, top);
        } else if (is(tag, 5, ProtoReader.BYTES)) {
          initializer(in, top);
        } else if (top && is(tag, 11, ProtoReader.BYTES)) {
          value(in, inputs);
        } else if (top && is(tag, 12, ProtoReader.BYTES)) {
          value(in, outputs);
        } else {
          in.skip(tag);
        }
      }
      depth--;
      in.leave(outer);
    }

    private void node(ProtoReader in, boolean top) throws IOException {
      long outer = in.enter();
      List<String> from = new ArrayList<>();
      List<String> to = new ArrayList<>();
      String operator = "";
      boolean saysNo = false;
      while (in.hasMore()) {
        int tag = in.tag();
        if (is(tag, 1, ProtoReader.BYTES)) {
          from.add(in.string());
        } else if (is(tag, 2, ProtoReader.BYTES)) {
          to.add(in.string());
        } else if (is(tag, 4, ProtoReader.BYTES)) {
          operator = in.string();
        } else if (is(tag, 5, ProtoReader.BYTES)) {
          saysNo |= attribute(in);
        } else {
          in.skip(tag);
        }
      }
      in.leave(outer);
      operators.add(operator);
      if (operator.equals(RandomNodes.DROPOUT) && from.size() > 2 && !from.get(2).isEmpty()) {
        trainingModes.add(from.get(2));
      } else if (operator.equals("Constant") && saysNo && !to.isEmpty()) {
        falseConstants.add(to.get(0));
      }
      if (top && operator.equals(GROUP_QUERY_ATTENTION) && from.size() > 4 && to.size() > 2) {
        caches.put(from.get(3), to.get(1));
        caches.put(from.get(4), to.get(2));
      }
    }

    /** Whether the attribute is a tensor that is one {@code false}. */
    private boolean attribute(ProtoReader in) throws IOException {
      long node = in.enter();
      boolean saysNo = false;
      while (in.hasMore()) {
        int attribute = in.tag();
        if (is(attribute, 6, ProtoReader.BYTES) || is(attribute, 11, ProtoReader.BYTES)) {
          graph(in, false);
        } else if (is(attribute, 5, ProtoReader.BYTES)) {
          saysNo = saysNo(in);
        } else {
          in.skip(attribute);
        }
      }
      in.leave(node);
      return saysNo;
    }

    private static boolean saysNo(ProtoReader in) throws IOException {
      long outer = in.enter();
      long type = 0;
      long value = -1;
      while (in.hasMore()) {
        int tag = in.tag();
        if (is(tag, 2, ProtoReader.VARINT)) {
          type = in.varint();
        } else if (is(tag, 5, ProtoReader.BYTES) || is(tag, 9, ProtoReader.BYTES)) {
          value = only(in);
        } else {
          in.skip(tag);
        }
      }
      in.leave(outer);
      return typeName(type).equals("bool") && value == 0;
    }

    /** The only byte of a field; -1 if it has none or more. */
    private static long only(ProtoReader in) throws IOException {
      long outer = in.enter();
      long value = in.left() == 1 ? in.next() : -1; // a byte of raw data may be 128 or more
      in.leave(outer);
      return value;
    }

    private void initializer(ProtoReader in, boolean top) throws IOException {
      long outer = in.enter();
      long count = 1;
      long type = 0;
      long flag = -1;
      String name = "";
      Map<String, String> place = new LinkedHashMap<>();
      while (in.hasMore()) {
        int tag = in.tag();
        if (is(tag, 1, ProtoReader.VARINT)) {
          count = times(count, in.varint());
        } else if (is(tag, 1, ProtoReader.BYTES)) {
          long packed = in.enter();
          while (in.hasMore()) {
            count = times(count, in.varint());
          }
          in.leave(packed);
        } else if (is(tag, 2, ProtoReader.VARINT)) {
          type = in.varint();
        } else if (is(tag, 8, ProtoReader.BYTES)) {
          name = in.string();
        } else if (is(tag, 13, ProtoReader.BYTES)) {
          entry(in, place);
        } else if (is(tag, 5, ProtoReader.BYTES) || is(tag, 9, ProtoReader.BYTES)) {
          flag = only(in);
        } else {
          in.skip(tag);
        }
      }
      in.leave(outer);
      if (top) {
        initializers.add(name);
      }
      if (flag == 0 && typeName(type).equals("bool")) {
        falseConstants.add(name);
      }
      if (isWeight(type)) {
        parameterCount = plus(parameterCount, count);
      }
      external(place, name);
    }

    private void external(Map<String, String> place, String name) throws IOException {
      String location = place.get("location");
      if (location != null) {
        try {
          long offset = Long.parseLong(place.getOrDefault("offset", "0"));
          long length = Long.parseLong(place.getOrDefault("length", "0"));
          if (offset < 0 || length < 0) {
            throw new MalformedException(
                "the place of weight '" + name + "' is negative: " + place);
          }
          long end = plus(offset, length);
          Long before = external.get(location);
          external.put(location, before == null ? end : Math.max(before, end));
        } catch (NumberFormatException e) {
          throw new MalformedException("the place of weight '" + name + "' is no number: " + place);
        }
      }
    }

    private static long times(long count, long dim) throws MalformedException {
      if (dim < 0) {
        throw new MalformedException("a weight has a dimension of " + dim);
      }
      return dim != 0 && count > Long.MAX_VALUE / dim ? Long.MAX_VALUE : count * dim;
    }

    private static long plus(long a, long b) {
      return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
    }

    private static void entry(ProtoReader in, Map<String, String> map) throws IOException {
      long outer = in.enter();
      String key = "";
      String value = "";
      while (in.hasMore()) {
        int tag = in.tag();
        if (is(tag, 1, ProtoReader.BYTES)) {
          key = in.string();
        } else if (is(tag, 2, ProtoReader.BYTES)) {
          value = in.string();
        } else {
          in.skip(tag);
        }
      }
      in.leave(outer);
      map.put(key, value);
    }

    private static void value(ProtoReader in, Map<String, TensorDescription> values)
        throws IOException {
      long outer = in.enter();
      String name = "";
      TensorDescription tensor = new TensorDescription("other", Collections.emptyList());
      while (in.hasMore()) {
        int tag = in.tag();
        if (is(tag, 1, ProtoReader.BYTES)) {
          name = in.string();
        } else if (is(tag, 2, ProtoReader.BYTES)) {
          TensorDescription read = type(in);
          tensor = read == null ? tensor : read;
        } else {
          in.skip(tag);
        }
      }
      in.leave(outer);
      values.put(name, tensor);
    }

    private static @Nullable TensorDescription type(ProtoReader in) throws IOException {
      long outer = in.enter();
      TensorDescription tensor = null;
      while (in.hasMore()) {
        int tag = in.tag();
        if (is(tag, 1, ProtoReader.BYTES)) {
          tensor = tensorType(in);
        } else {
          in.skip(tag);
        }
      }
      in.leave(outer);
      return tensor;
    }

    private static TensorDescription tensorType(ProtoReader in) throws IOException {
      long outer = in.enter();
      long type = 0;
      List<String> dims = new ArrayList<>();
      while (in.hasMore()) {
        int tag = in.tag();
        if (is(tag, 1, ProtoReader.VARINT)) {
          type = in.varint();
        } else if (is(tag, 2, ProtoReader.BYTES)) {
          long shape = in.enter();
          while (in.hasMore()) {
            int dim = in.tag();
            if (is(dim, 1, ProtoReader.BYTES)) {
              dims.add(dim(in));
            } else {
              in.skip(dim);
            }
          }
          in.leave(shape);
        } else {
          in.skip(tag);
        }
      }
      in.leave(outer);
      return new TensorDescription(typeName(type), dims);
    }

    private static String dim(ProtoReader in) throws IOException {
      long outer = in.enter();
      String dim = "?";
      while (in.hasMore()) {
        int tag = in.tag();
        if (is(tag, 1, ProtoReader.VARINT)) {
          dim = String.valueOf(in.varint());
        } else if (is(tag, 2, ProtoReader.BYTES)) {
          String symbol = in.string();
          dim = symbol.isEmpty() ? "?" : symbol;
        } else {
          in.skip(tag);
        }
      }
      in.leave(outer);
      return dim;
    }

    private static String typeName(long type) {
      return type >= 0 && type < TYPES.length ? TYPES[(int) type] : "type " + type;
    }

    private static boolean isWeight(long type) {
      String name = typeName(type);
      return name.contains("float") || name.endsWith("int8") || name.endsWith("int4");
    }

    private static boolean is(int tag, int field, int wire) {
      return tag == (field << 3 | wire);
    }
  }
}
