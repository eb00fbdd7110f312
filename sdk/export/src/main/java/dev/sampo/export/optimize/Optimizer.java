package dev.sampo.export.optimize;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.error.SampoException;
import dev.sampo.export.files.DataFile;
import dev.sampo.export.files.ModelFiles;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.model.ModelGraph;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.GraphException;
import dev.sampo.onnx.Models;
import dev.sampo.onnx.proto.NodeProto;
import dev.sampo.onnx.proto.StringStringEntryProto;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.runtime.SafePaths;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes other people's decoder graphs fast: attention to a concatenated past becomes GroupQueryAttention, whose caches stay in place, with masks,
 * repeated heads and, where heads allow, rotary positions inside; norms become one node together with the sum before them; only the last positions
 * get scores.
 *
 * <pre>{@code
 * OptimizeResult result = Optimizer.of(Paths.get("llama-onnx")).to(Paths.get("llama-fast"));
 * }</pre>
 *
 * <p>Masks and rotary tables are known by what they compute and not by how they are written. Before the new folder takes its place, both models
 * have scored a text, and generated from prompts of unequal length: scores within 1e-4 (of the largest, where that is above 1), the same ids. What
 * is not recognised stays as it is, and the result says so. Graphs are of float32.
 */
public final class Optimizer {
  private static final int SMALL_BYTES = 1024;

  private final Path model;

  private Optimizer(Path model) {
    this.model = model;
  }

  /**
   * Optimises a model.
   *
   * @param model a folder with the graph of a decoder, as Optimum exports it
   */
  public static Optimizer of(Path model) {
    return new Optimizer(model);
  }

  /** What to try: all of it first, and less where the result differs. */
  private record Plan(boolean attention, boolean norms) {}

  /**
   * Writes the optimised model; weights are linked where they lie in files of their own.
   *
   * @param target a folder that does not exist yet
   * @return what was done and what was left
   * @throws ModelException if there is nothing that could be optimised; the message says why. Nothing is written then
   */
  public OptimizeResult to(Path target) throws IOException {
    if (Files.exists(target)) {
      throw new RequestException("target", target + " exists already; name a new folder.");
    }
    ModelFolder folder = ModelFolder.open(model);
    if (folder.family() != Family.DECODER_ONLY || folder.graphs().size() != 1) {
      throw new ModelException(
          folder.root(),
          folder.root()
              + " is a model of family '"
              + folder.family().label()
              + "'; decoders of one graph are optimised (`sampo quantize` makes others smaller).");
    }
    List<String> failures = new ArrayList<>();
    for (Plan plan : List.of(new Plan(true, true), new Plan(true, false), new Plan(false, true))) {
      try {
        return ModelFiles.whole(
            target, ".optimizing", partial -> write(folder, partial, plan, failures));
      } catch (Agreement.Disagreement e) {
        failures.add(
            (plan.attention() ? plan.norms() ? "all" : "attention" : "norms")
                + ": taken back, because "
                + e.getMessage());
      }
    }
    throw nothing(folder, failures);
  }

  private static ModelException nothing(ModelFolder folder, List<String> reasons) {
    return new ModelException(
        folder.root(), folder.root() + " stays as it is: " + String.join("; ", reasons) + ".");
  }

  private static GraphBuilder read(Path file) throws IOException {
    try {
      return GraphBuilder.of(Models.parse(file));
    } catch (GraphException e) {
      throw new ModelException(file, file + " cannot be optimised: " + e.getMessage(), e);
    }
  }

  private OptimizeResult write(ModelFolder folder, Path partial, Plan plan, List<String> failures)
      throws IOException {
    ModelGraph graph = Agreement.graphOf(folder);
    Path file = graph.path();
    GraphBuilder g = read(file);
    int nodesBefore = g.nodes().size();
    JsonNode config = folder.jsonOrEmpty("config.json");
    List<String> left = new ArrayList<>(failures);
    GraphView view = new GraphView(g, file);
    NormFusion norms = new NormFusion(view);
    AttentionRewrite attention = new AttentionRewrite(view, config);
    if (plan.attention()) {
      attention.run();
      left.addAll(attention.left());
    }
    String scores = new HeadCut(view).run();
    if (scores != null) {
      left.add(scores);
    }
    if (plan.norms()) {
      norms.run();
    }
    if (attention.attentions() + norms.norms() + norms.sums() == 0 && scores != null) {
      throw nothing(folder, left);
    }
    finish(view);
    if (attention.attentions() > 0) {
      requireNoOtherUse(view);
    }
    Path out = partial.resolve(folder.root().relativize(file).toString());
    place(view, file, out);
    ModelFiles.copySmall(folder.root(), partial);
    Agreement agreement =
        new Agreement(folder.root(), partial, attention.maxPositions(), attention.window());
    check(agreement);
    return new OptimizeResult(
        folder.root().relativize(file).toString(),
        attention.attentions(),
        attention.rotaries(),
        norms.norms(),
        norms.sums(),
        scores == null,
        nodesBefore,
        g.nodes().size(),
        left,
        agreement.largest());
  }

  private static void check(Agreement agreement) {
    try {
      agreement.check();
    } catch (Agreement.Disagreement e) {
      throw e;
    } catch (SampoException e) {
      throw new Agreement.Disagreement("the new graph does not run: " + e.getMessage());
    }
  }

  /** Drops what nothing needs any more, inputs too, and puts the nodes in order. */
  private static void finish(GraphView view) {
    GraphBuilder g = view.graph();
    view.sort(); // what is pruned is found from the end
    g.prune();
    view.refresh();
    if (view.allUsers("position_ids").isEmpty()) {
      g.removeInput("position_ids");
    }
    Set<String> missing = view.dangling();
    if (!missing.isEmpty()) {
      throw new Agreement.Disagreement("nodes still take " + missing);
    }
  }

  /** A cache in place is longer than what it holds, so nothing else may ask for its length. */
  private static void requireNoOtherUse(GraphView view) {
    for (String name : view.graph().inputs().keySet()) {
      for (NodeProto user : view.allUsers(name)) {
        if (name.startsWith("past") && !user.getOpType().equals("GroupQueryAttention")) {
          throw new Agreement.Disagreement(
              "the graph takes more from '" + name + "' than attention, such as positions");
        }
      }
    }
  }

  // ---- files

  private static void place(GraphView view, Path source, Path out) throws IOException {
    Path folder = out.toAbsolutePath().getParent();
    Files.createDirectories(folder);
    GraphBuilder g = view.graph();
    Set<Path> linked = new LinkedHashSet<>();
    for (TensorProto tensor : g.initializers().values()) {
      if (tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
        linked.add(external(tensor, source));
      }
    }
    Path home = source.toAbsolutePath().getParent();
    new ModelFiles(home, folder).place(new ArrayList<>(linked));
    Path data = folder.resolve(out.getFileName() + ".data");
    while (Files.exists(data)) {
      data = folder.resolve(data.getFileName() + "2");
    }
    try (DataFile file = new DataFile(data)) {
      Map<Object, Long> places = new IdentityHashMap<>();
      for (TensorProto tensor : new ArrayList<>(g.initializers().values())) {
        boolean inline = tensor.getDataLocation() != TensorProto.DataLocation.EXTERNAL;
        if (inline && tensor.hasRawData() && tensor.getRawData().size() > SMALL_BYTES) {
          g.initializer(moved(tensor, file, places));
        }
      }
      if (file.position() == 0) {
        Files.delete(data);
      }
    }
    try (OutputStream stream = Files.newOutputStream(out)) {
      g.model().writeTo(stream);
    }
  }

  private static TensorProto moved(TensorProto tensor, DataFile file, Map<Object, Long> places)
      throws IOException {
    Long at = places.get(tensor.getRawData());
    int length = tensor.getRawData().size();
    if (at == null) {
      at = file.begin();
      file.write(tensor.getRawData().toByteArray(), length);
      places.put(tensor.getRawData(), at);
    }
    long[] dims = tensor.getDimsList().stream().mapToLong(Long::longValue).toArray();
    return file.tensor(tensor.getName(), tensor.getDataType(), at, length, dims);
  }

  private static Path external(TensorProto tensor, Path source) {
    String location = "";
    for (StringStringEntryProto entry : tensor.getExternalDataList()) {
      if (entry.getKey().equals("location")) {
        location = entry.getValue();
      }
    }
    return SafePaths.resolve(
        source.toAbsolutePath().getParent(), location, "external data of " + source);
  }
}
