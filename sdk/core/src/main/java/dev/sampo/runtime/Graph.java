package dev.sampo.runtime;

import dev.sampo.error.CancelledException;
import dev.sampo.error.ClosedException;
import dev.sampo.error.ModelException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One loaded {@code .onnx} file. Any number of threads may run it at the same time.
 *
 * <p>{@link #close()} is safe at any moment: runs under way through this object are stopped at their next node and throw {@link
 * ClosedException}, and the native session goes when the last of them has left. {@link #share()} gives another owner of the same session.
 */
public final class Graph implements AutoCloseable {
  private final Session session;
  private final State state;
  private final Leaks.Tracker tracker;

  private Graph(Session session) {
    this.session = session;
    this.state = new State(session);
    this.tracker = Leaks.track(this, "Graph " + session.name, Leaks.here(), state::close);
  }

  /**
   * Loads a graph by its path; weights in external data beside it are found by ONNX Runtime.
   *
   * @throws ModelException if the file is missing, unreadable, empty, truncated or no ONNX graph
   * @throws ExecutionProviderException if a provider that was asked for cannot start
   */
  public static Graph load(Path file, SessionConfig config) {
    return new Graph(SessionLoader.load(file, config));
  }

  /**
   * Another graph on the same native session, closed on its own; the session goes with the last one.
   *
   * @throws ClosedException if this one is closed
   */
  public Graph share() {
    state.retain();
    return new Graph(session);
  }

  /** The file. */
  public Path path() {
    return session.path;
  }

  /** The file with its folder, as messages show it: {@code unet/model.onnx}. */
  public String name() {
    return session.name;
  }

  /** What the graph wants, by name, in its own order. */
  public Map<String, TensorInfo> inputs() {
    return session.inputs;
  }

  /** What the graph gives, by name, in its own order. */
  public Map<String, TensorInfo> outputs() {
    return session.outputs;
  }

  /** Whether it was loaded with {@code SessionConfig.deviceTensors}, so that outputs can stay on the device. */
  public boolean hasDeviceTensors() {
    return session.device != null;
  }

  /** Runs the graph for all outputs. */
  public Outputs run(Map<String, Tensor> inputs) {
    return run(inputs, outputs().keySet(), Collections.emptyMap(), CancellationToken.none());
  }

  /** Runs the graph for the wanted outputs. */
  public Outputs run(Map<String, Tensor> inputs, Set<String> wanted, CancellationToken token) {
    return run(inputs, wanted, Collections.emptyMap(), token);
  }

  /**
   * Runs the graph. Tensors of another element type than the graph declares are converted on the way in and, where pinned, on the way out.
   *
   * @param inputs one for each name in {@link #inputs()}
   * @param wanted outputs that ONNX Runtime is to allocate; those that are pinned may be among them
   * @param pinned tensors with a buffer that take outputs whose shape is known before
   * @return the wanted and the pinned outputs; close it
   * @throws TensorException if a name is unknown or missing, or a shape does not fit; the message says which and what is wanted
   * @throws CancelledException if the token was cancelled
   * @throws ClosedException if the graph was closed
   * @throws GraphRunException if ONNX Runtime fails
   */
  public Outputs run(
      Map<String, Tensor> inputs,
      Set<String> wanted,
      Map<String, Tensor> pinned,
      CancellationToken token) {
    return run(inputs, wanted, Collections.emptySet(), pinned, token);
  }

  /**
   * Runs the graph with outputs of which some stay where the execution provider has computed them, for other graphs to take ({@link
   * Tensor#isResident}). On a graph that was loaded without {@code deviceTensors} it is the same as {@link #run(Map, Set, CancellationToken)}.
   *
   * @param inputs one for each name in {@link #inputs()}
   * @param wanted outputs in host memory
   * @param resident outputs that stay
   * @return the outputs of both; close it
   */
  public Outputs runResident(
      Map<String, Tensor> inputs,
      Set<String> wanted,
      Set<String> resident,
      CancellationToken token) {
    return run(inputs, wanted, resident, Collections.emptyMap(), token);
  }

  private Outputs run(
      Map<String, Tensor> inputs,
      Set<String> wanted,
      Set<String> resident,
      Map<String, Tensor> pinned,
      CancellationToken token) {
    try (GraphRun run = new GraphRun(session, this, false, !resident.isEmpty())) {
      for (String name : inputs.keySet()) {
        Checks.input(session, name);
      }
      // In the graph's order, so that of several mistakes the same one is reported every time.
      for (String name : session.inputs.keySet()) {
        Tensor tensor = inputs.get(name);
        if (tensor != null) {
          run.input(name, tensor);
        }
      }
      for (Map.Entry<String, Tensor> e : pinned.entrySet()) {
        run.output(e.getKey(), e.getValue());
      }
      Set<String> made = new LinkedHashSet<>(wanted);
      made.removeAll(pinned.keySet());
      for (String name : made) {
        run.output(name);
      }
      for (String name : resident) {
        run.resident(name);
      }
      made.addAll(resident);
      run.run(token);
      return run.takeOutputs(made);
    }
  }

  /** A call that keeps its tensors bound and is run again and again, by one thread. Close it. */
  public GraphRun prepare() {
    state.retain();
    try {
      return new GraphRun(session, this, true, true);
    } finally {
      session.release();
    }
  }

  /** Stops the runs under way and lets go of the session; a second call does nothing. */
  @Override
  public void close() {
    tracker.closed();
    state.close();
  }

  /** Whether {@link #close()} was called. */
  public boolean isClosed() {
    return state.isClosed();
  }

  @Override
  public String toString() {
    return "Graph " + session.name + (isClosed() ? " (closed)" : "");
  }

  State state() {
    return state;
  }

  /** What outlives a forgotten graph: its hold on the session and the runs under way. */
  static final class State {
    private final Session session;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Set<RunSlot> underWay = ConcurrentHashMap.newKeySet();

    State(Session session) {
      this.session = session;
    }

    boolean isClosed() {
      return closed.get();
    }

    /** A run begins; the session stays until {@link #leave}. */
    void enter(RunSlot slot) {
      retain();
      underWay.add(slot);
      if (closed.get()) {
        // close() may have looked at the set just before the slot was in it.
        slot.run();
      }
    }

    void leave(RunSlot slot) {
      underWay.remove(slot);
      session.release();
    }

    void retain() {
      if (closed.get() || !session.retain()) {
        throw new ClosedException(
            session.name + " was closed. Open the model again, or close it after its last use.");
      }
    }

    boolean close() {
      if (!closed.compareAndSet(false, true)) {
        return false;
      }
      for (RunSlot slot : underWay) {
        slot.run();
      }
      session.release();
      return true;
    }
  }
}
