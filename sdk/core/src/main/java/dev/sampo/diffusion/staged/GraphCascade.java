package dev.sampo.diffusion.staged;

import dev.sampo.error.ClosedException;
import dev.sampo.error.ModelException;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.SessionConfig;
import java.util.ArrayList;
import java.util.List;

/** A cascade of ONNX graphs, each loaded when its turn comes. */
final class GraphCascade implements CascadePipeline {
  private final ModelFolder folder;
  private final SessionConfig config;
  private final int stageCount;

  /** The graphs of the stages under way. */
  private final List<Graph> loaded = new ArrayList<>();

  private boolean closed;

  private GraphCascade(ModelFolder folder, SessionConfig config) {
    this.folder = folder;
    this.config = config;
    int n = 0;
    while (folder.has("stage_" + (n + 1))) {
      n++;
    }
    this.stageCount = n;
  }

  static CascadePipeline open(ModelFolder folder, SessionConfig config) {
    if (folder.family() != Family.PIXEL_CASCADE) {
      throw new ModelException(
          folder.root(),
          folder.root()
              + " is a "
              + folder.family().label()
              + " model, not a cascade. CascadePipeline reads the layout pixel-cascade.");
    }
    return new GraphCascade(folder, config);
  }

  @Override
  public String name() {
    return folder.name();
  }

  @Override
  public Family family() {
    return folder.family();
  }

  @Override
  public int stageCount() {
    return stageCount;
  }

  @Override
  public StagedResult generate(StagedRequest request) {
    requireOpen();
    return new CascadeJob(folder, this, request).generate();
  }

  /** Loads a graph whose turn has come; whoever asked closes it, or {@link #close} does. */
  Graph load(String graph) {
    requireOpen();
    Graph fresh = folder.load(graph, config);
    synchronized (this) {
      loaded.removeIf(Graph::isClosed);
      loaded.add(fresh);
      if (closed) {
        fresh.close();
      }
    }
    requireOpen();
    return fresh;
  }

  private synchronized void requireOpen() {
    if (closed) {
      throw new ClosedException("The model " + name() + " is closed.");
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    loaded.forEach(Graph::close);
    loaded.clear();
  }
}
