package dev.sampo.runtime;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The outputs of one run. Closing it frees those that ONNX Runtime made; pinned ones stay with whoever pinned them.
 */
public final class Outputs implements AutoCloseable {
  private final String graphName;
  private final Map<String, Tensor> tensors;
  private final List<RefCount> owned = new CopyOnWriteArrayList<>();
  private final Leaks.Tracker tracker;

  /**
   * @param tensors by name, in the order of the graph
   * @param made names of those that ONNX Runtime made in this run
   */
  Outputs(String graphName, Map<String, Tensor> tensors, Set<String> made) {
    this.graphName = graphName;
    this.tensors = tensors;
    for (Map.Entry<String, Tensor> e : tensors.entrySet()) {
      if (made.contains(e.getKey())) {
        owned.add(e.getValue().references());
        e.getValue().keepAlive(this);
      }
    }
    List<RefCount> natives = owned;
    this.tracker =
        Leaks.track(this, "Outputs of " + graphName, Leaks.here(), () -> closeAll(natives));
  }

  /** Names of the outputs. */
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  /**
   * The output with that name. It is closed together with this.
   *
   * @throws TensorException if it was not asked for; the message lists what was
   */
  public Tensor get(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new TensorException(
          name,
          "Output '"
              + name
              + "' of "
              + graphName
              + " was not asked for. There are "
              + tensors.keySet());
    }
    return tensor;
  }

  /** Takes an output out of this: {@link #close()} leaves it alone, and the caller closes it. */
  public Tensor take(String name) {
    Tensor tensor = get(name);
    if (owned.remove(tensor.references())) {
      tensor.keepAlive(tensor);
      tensor.track(Leaks.here());
    }
    return tensor;
  }

  /** Frees the outputs that ONNX Runtime made; a second call does nothing. */
  @Override
  public void close() {
    tracker.closed();
    closeAll(owned);
    owned.clear();
  }

  private static boolean closeAll(List<RefCount> natives) {
    boolean any = false;
    for (RefCount references : natives) {
      any |= references.close();
    }
    return any;
  }
}
