package dev.sampo.runtime;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.sampo.error.SampoException;
import dev.sampo.runtime.spi.DeviceSession;
import dev.sampo.runtime.spi.DeviceSupport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** The native session, shared by the {@link Graph}s and runs that use it; freed when the last of them lets go. */
final class Session {
  final Path path;
  final String name;
  final OrtSession ort;
  final Map<String, TensorInfo> inputs;
  final Map<String, TensorInfo> outputs;
  private final RefCount references;
  private final ConcurrentLinkedQueue<RunSlot> idle = new ConcurrentLinkedQueue<>();
  private volatile boolean freed;

  /** Binds inputs and outputs on the device; null where the Java API runs the session. */
  final @Nullable DeviceSession device;

  /**
   * @param support what binds inputs and outputs, or null to run through the Java API
   */
  Session(Path path, OrtSession ort, @Nullable DeviceSupport support) throws OrtException {
    this.path = path;
    this.name = shortName(path);
    this.ort = ort;
    this.inputs = describe(ort.getInputInfo());
    this.outputs = describe(ort.getOutputInfo());
    this.device =
        support == null
            ? null
            : support.open(
                ort, new ArrayList<>(inputs.keySet()), new ArrayList<>(outputs.keySet()));
    this.references = new RefCount(this::free);
  }

  boolean retain() {
    return references.retain();
  }

  void release() {
    references.release();
  }

  RunSlot takeSlot() {
    RunSlot slot = idle.poll();
    return slot == null ? new RunSlot() : slot;
  }

  void giveBack(RunSlot slot) {
    idle.add(slot);
    if (freed) {
      freeSlots();
    }
  }

  private void freeSlots() {
    for (RunSlot slot = idle.poll(); slot != null; slot = idle.poll()) {
      slot.free();
    }
  }

  private void free() {
    freed = true;
    freeSlots();
    if (device != null) {
      device.close();
    }
    try {
      ort.close();
    } catch (OrtException e) {
      throw new SampoException(name + " cannot be closed: " + e.getMessage(), e);
    }
  }

  /** The file with its folder, as messages show it: {@code unet/model.onnx}. */
  static String shortName(Path path) {
    Path file = path.getFileName();
    Path parent = path.toAbsolutePath().normalize().getParent();
    Path folder = parent == null ? null : parent.getFileName();
    return folder == null ? String.valueOf(file) : folder + "/" + file;
  }

  private static Map<String, TensorInfo> describe(Map<String, NodeInfo> nodes) {
    Map<String, TensorInfo> infos = new LinkedHashMap<>();
    for (Map.Entry<String, NodeInfo> e : nodes.entrySet()) {
      infos.put(e.getKey(), describe(e.getKey(), e.getValue()));
    }
    return Collections.unmodifiableMap(infos);
  }

  private static TensorInfo describe(String name, NodeInfo node) {
    if (node.getInfo() instanceof ai.onnxruntime.TensorInfo) {
      ai.onnxruntime.TensorInfo info = (ai.onnxruntime.TensorInfo) node.getInfo();
      @Nullable String[] symbols = info.getDimensionNames();
      return new TensorInfo(
          name, ElementType.of(info.type), Shape.declared(info.getShape(), symbols));
    }
    return new TensorInfo(name, ElementType.OTHER, Shape.scalar());
  }
}
