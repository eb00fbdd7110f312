package dev.sampo.stroke;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.internal.LatentModel;
import dev.sampo.internal.NamedGraph;
import dev.sampo.internal.Seeds;
import dev.sampo.internal.Sizes;
import dev.sampo.internal.Stopwatch;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.random.TorchGenerator;
import dev.sampo.specs.Properties;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A net that writes, on ONNX Runtime. */
final class OnnxHandwriting implements HandwritingPipeline {
  private final LatentModel model;
  private final NamedGraph graph;
  private final Properties properties;
  private final List<String> characters;

  private OnnxHandwriting(LatentModel model) {
    this.model = model;
    this.graph = model.graph("model");
    this.properties = model.json().properties();
    this.characters = properties.strings("characters");
    if (takesText() && characters.isEmpty()) {
      throw model.fault(
          name() + " takes text, and its sampo.json does not list the characters that it knows.");
    }
  }

  static HandwritingPipeline open(ModelFolder folder, SessionConfig config) {
    LatentModel model = LatentModel.open(folder, Family.HANDWRITING, config);
    try {
      return new OnnxHandwriting(model);
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  @Override
  public String name() {
    return model.json().name();
  }

  @Override
  public Family family() {
    return Family.HANDWRITING;
  }

  @Override
  public List<String> classes() {
    return model.json().classes();
  }

  @Override
  public boolean takesText() {
    return graph.takes("text");
  }

  @Override
  public HandwritingResult write(HandwritingRequest request) {
    Stopwatch clock = new Stopwatch(model.loadMillis());
    long seed = Seeds.orDrawn(request.seed());
    // A drawing has at least its points' three numbers, and the state of the network beside it.
    Sizes.elements("count", "Drawings", request.count(), 64);
    long[] labels = model.labels(graph, request.classLabels(), request.count());
    long[] text = text(request.text());
    Double asked = request.bias();
    double bias = asked == null ? properties.number("bias", 0) : asked;
    PenMixture pen =
        new PenMixture(request.count(), bias, request.temperature(), new TorchGenerator(seed));
    Integer most = request.maxPoints();
    int limit = most == null ? properties.integer("max_points", 1000) : most;
    clock.loopBegins();
    try (PenRun run = new PenRun(graph, request.count(), labels, text)) {
      List<List<float[]>> points = new ArrayList<>();
      for (int i = 0; i < request.count(); i++) {
        points.add(new ArrayList<>());
      }
      int done = 0;
      try {
        done = run.write(pen, limit, points, (float) properties.number("unit", 1), request.watch());
      } catch (CancelledException e) {
        int longest = points.stream().mapToInt(List::size).max().orElse(0);
        clock.loopEnds(longest);
        throw new CancelledException(
            "Cancelled after " + longest + " points.",
            e,
            longest == 0 ? null : result(points, seed, labels, clock));
      }
      clock.loopEnds(done);
      return result(points, seed, labels, clock);
    }
  }

  private HandwritingResult result(
      List<List<float[]>> points, long seed, long[] labels, Stopwatch clock) {
    List<Strokes> drawings = new ArrayList<>();
    for (List<float[]> drawing : points) {
      drawings.add(Strokes.ofOffsets(drawing.toArray(new float[0][])));
    }
    return new HandwritingResult(
        drawings,
        properties.integer("size", 0),
        properties.number("pen_width", 2),
        seed,
        labels,
        clock.timings());
  }

  private long[] text(@Nullable String text) {
    boolean given = text != null && !text.isEmpty();
    if (given != takesText()) {
      throw new RequestException(
          "text",
          name() + (given ? " takes no text: leave it out." : " wants the text that it writes."));
    }
    if (!given) {
      return new long[0];
    }
    int[] codes = text.codePoints().toArray();
    long[] out = new long[codes.length];
    for (int i = 0; i < codes.length; i++) {
      String character = new String(Character.toChars(codes[i]));
      out[i] = characters.indexOf(character);
      if (out[i] < 0) {
        throw new RequestException(
            "text",
            name()
                + " cannot write '"
                + character
                + "'; it knows "
                + String.join("", characters)
                + ".");
      }
    }
    return out;
  }

  @Override
  public void close() {
    model.close();
  }
}
