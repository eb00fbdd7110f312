package dev.sampo.training.plain;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.sampo.training.graph.OptimizerConfig;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs the optimizer's graph over the groups, a piece at a time: what lies between its operators is small then, and
 * stays in the processor's cache.
 */
final class Update implements AutoCloseable {
  /** Elements of a piece. */
  static final int PIECE = 1 << 16;

  private record Run(
      OrtSession session, Map<String, OnnxTensor> in, Map<String, OnnxTensor> pinned) {}

  private final Map<Boolean, OrtSession> sessions = new HashMap<>();
  private final List<Run> runs = new ArrayList<>();

  /**
   * @param slots the groups' vectors: a group's name and one of the kinds; they are read and written in place
   * @param kinds the graph's names of the vectors, by what a slot's name ends with
   * @param scalars the graph's other inputs
   */
  Update(
      OrtEnvironment env,
      OrtSession.SessionOptions options,
      OptimizerConfig optimizer,
      List<FlatGroup> groups,
      Map<String, PinnedFloats> slots,
      Map<String, String> kinds,
      Map<String, PinnedFloats> scalars)
      throws OrtException {
    for (FlatGroup group : groups) {
      OrtSession session = sessions.get(group.decays());
      if (session == null) {
        byte[] model = UpdateGraph.build(optimizer, group.decays()).toByteArray();
        session = env.createSession(model, options);
        sessions.put(group.decays(), session);
      }
      for (int piece = 0; piece * (long) PIECE < group.size(); piece++) {
        Map<String, OnnxTensor> in = new LinkedHashMap<>();
        Map<String, OnnxTensor> pinned = new LinkedHashMap<>();
        scalars.forEach((name, value) -> in.put(name, value.tensor()));
        for (Map.Entry<String, String> kind : kinds.entrySet()) {
          PinnedFloats slot = slots.get(group.name() + kind.getKey());
          if (slot != null) {
            OnnxTensor tensor = slot.piece(env, piece, PIECE);
            in.put(kind.getValue(), tensor);
            pinned.put(kind.getValue() + UpdateGraph.NEXT, tensor);
          }
        }
        in.keySet().retainAll(session.getInputNames());
        pinned.keySet().retainAll(session.getOutputNames());
        runs.add(new Run(session, in, pinned));
      }
    }
  }

  void run() throws OrtException {
    for (Run run : runs) {
      run.session.run(run.in, Collections.emptySet(), run.pinned).close();
    }
  }

  @Override
  public void close() throws OrtException {
    for (OrtSession session : sessions.values()) {
      session.close();
    }
  }
}
