package dev.sampo.device;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import dev.sampo.runtime.spi.DeviceBinding;
import dev.sampo.runtime.spi.DeviceSession;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Names of a session's inputs and outputs in native memory, and where its outputs are computed. */
final class BoundSession implements DeviceSession {
  private static final int ARENA_ALLOCATOR = 1;
  private static final int DEFAULT_MEMORY = 0;

  final CApi api;
  final OrtSession session;

  /** The CPU's memory (OrtMemoryInfo*); ours. */
  final long hostMemory;

  private final Memory text;
  private final Map<String, Long> names = new HashMap<>();

  /** By output: the memory in which the session computes it (OrtMemoryInfo*); the session's. */
  private final Map<String, Long> deviceMemory = new HashMap<>();

  BoundSession(CApi api, OrtSession session, List<String> inputs, List<String> outputs)
      throws OrtException {
    this.api = api;
    this.session = session;
    try (Memory infos = new Memory(8L * Math.max(1, outputs.size()))) {
      api.check(
          api.call(
              CApi.SESSION_GET_MEMORY_INFO_FOR_OUTPUTS,
              api.handles.of(session),
              Pointer.nativeValue(infos),
              outputs.size()));
      for (int i = 0; i < outputs.size(); i++) {
        deviceMemory.put(outputs.get(i), infos.getLong(8L * i));
      }
    }
    CApi.Scratch out = new CApi.Scratch();
    api.check(
        api.call(CApi.CREATE_CPU_MEMORY_INFO, ARENA_ALLOCATOR, DEFAULT_MEMORY, out.address()));
    this.hostMemory = out.getLong(0);
    this.text = texts(inputs, outputs);
  }

  /** All names one after the other, each with its zero. Inputs and outputs may share names; then the text is the same. */
  private Memory texts(List<String> inputs, List<String> outputs) {
    Map<String, byte[]> all = new HashMap<>();
    long size = 1;
    for (List<String> list : List.of(inputs, outputs)) {
      for (String name : list) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (all.put(name, bytes) == null) {
          size += bytes.length + 1;
        }
      }
    }
    Memory memory = new Memory(size);
    long at = 0;
    for (Map.Entry<String, byte[]> e : all.entrySet()) {
      byte[] bytes = e.getValue();
      memory.write(at, bytes, 0, bytes.length);
      memory.setByte(at + bytes.length, (byte) 0);
      names.put(e.getKey(), Pointer.nativeValue(memory) + at);
      at += bytes.length + 1;
    }
    return memory;
  }

  /** The address of a name. */
  long name(String name) {
    Long address = names.get(name);
    if (address == null) {
      throw new IllegalArgumentException("The session has no input or output '" + name + "'");
    }
    return address;
  }

  /** The memory in which an output is computed. */
  long memoryOf(String output) {
    Long memory = deviceMemory.get(output);
    if (memory == null) {
      throw new IllegalArgumentException("The session has no output '" + output + "'");
    }
    return memory;
  }

  @Override
  public DeviceBinding bind() throws OrtException {
    return new Binding(this);
  }

  @Override
  public void close() {
    api.call(CApi.RELEASE_MEMORY_INFO, hostMemory);
    text.close();
  }
}
