package dev.sampo.device;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.RunOptions;
import com.sun.jna.Pointer;
import dev.sampo.runtime.spi.DeviceBinding;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An OrtIoBinding. Values of the last run (OrtValue*) are released before the next one, unless they were taken. */
final class Binding implements DeviceBinding {
  private final BoundSession session;
  private final CApi api;
  private final CApi.Scratch scratch = new CApi.Scratch();

  /** OrtIoBinding*; 0 when closed. */
  private long binding;

  /** Bound outputs in ONNX Runtime's order, which is that in which they were first bound. */
  private final List<String> order = new ArrayList<>();

  private final Map<String, Integer> places = new HashMap<>();

  /** OrtValue* by place; 0 where it was taken. */
  private long[] values = new long[0];

  Binding(BoundSession session) throws OrtException {
    this.session = session;
    this.api = session.api;
    api.check(api.call(CApi.CREATE_IO_BINDING, api.handles.of(session.session), scratch.address()));
    this.binding = scratch.getLong(0);
  }

  @Override
  public void input(String name, OnnxTensor value) throws OrtException {
    bindInput(name, api.handles.of(value));
  }

  private void bindInput(String name, long value) throws OrtException {
    api.check(api.call(CApi.BIND_INPUT, binding, session.name(name), value));
  }

  @Override
  public void clearOutputs() {
    releaseValues();
    api.call(CApi.CLEAR_BOUND_OUTPUTS, binding);
    order.clear();
    places.clear();
  }

  @Override
  public void output(String name, OnnxTensor target) throws OrtException {
    api.check(api.call(CApi.BIND_OUTPUT, binding, session.name(name), api.handles.of(target)));
    note(name);
  }

  @Override
  public void output(String name, boolean onDevice) throws OrtException {
    long memory = onDevice ? session.memoryOf(name) : session.hostMemory;
    api.check(api.call(CApi.BIND_OUTPUT_TO_DEVICE, binding, session.name(name), memory));
    note(name);
  }

  private void note(String output) {
    if (!places.containsKey(output)) {
      places.put(output, order.size());
      order.add(output);
    }
  }

  @Override
  public void run(RunOptions options) throws OrtException {
    releaseValues();
    api.check(
        api.call(
            CApi.RUN_WITH_BINDING,
            api.handles.of(session.session),
            api.handles.of(options),
            binding));
    // An array of new handles on the values; the array is the allocator's, the handles are ours.
    api.check(
        api.call(
            CApi.GET_BOUND_OUTPUT_VALUES,
            binding,
            api.allocator,
            scratch.address(),
            scratch.address() + Long.BYTES));
    int count = (int) scratch.getLong(1);
    long[] fresh = new long[count];
    if (count > 0) {
      long array = scratch.getLong(0);
      new Pointer(array).read(0, fresh, 0, count);
      api.check(api.call(CApi.ALLOCATOR_FREE, api.allocator, array));
    }
    values = fresh;
  }

  @Override
  public void feedBack(String output, String input) throws OrtException {
    bindInput(input, value(output));
  }

  @Override
  public OnnxTensor take(String output) throws OrtException {
    long value = value(output);
    api.check(api.call(CApi.GET_TENSOR_TYPE_AND_SHAPE, value, scratch.address()));
    long info = scratch.getLong(0);
    try {
      api.check(api.call(CApi.GET_TENSOR_ELEMENT_TYPE, info, scratch.address()));
      int type = scratch.getInt();
      OnnxTensor tensor = api.handles.tensor(value, api.allocator, shape(info), type);
      values[places.get(output)] = 0;
      return tensor;
    } finally {
      api.call(CApi.RELEASE_TENSOR_TYPE_AND_SHAPE_INFO, info);
    }
  }

  private long[] shape(long info) throws OrtException {
    api.check(api.call(CApi.GET_DIMENSIONS_COUNT, info, scratch.address()));
    int rank = (int) scratch.getLong(0);
    if (rank > CApi.Scratch.LONGS) {
      throw new OrtException("A tensor with " + rank + " dimensions");
    }
    api.check(api.call(CApi.GET_DIMENSIONS, info, scratch.address(), rank));
    long[] shape = new long[rank];
    for (int i = 0; i < rank; i++) {
      shape[i] = scratch.getLong(i);
    }
    return shape;
  }

  private long value(String output) {
    Integer place = places.get(output);
    long value = place == null || place >= values.length ? 0 : values[place];
    if (value == 0) {
      throw new IllegalStateException(
          "Output '"
              + output
              + "' has no value: it was not bound, nothing has run, or it was taken");
    }
    return value;
  }

  private void releaseValues() {
    for (long value : values) {
      if (value != 0) {
        api.call(CApi.RELEASE_VALUE, value);
      }
    }
    values = new long[0];
  }

  @Override
  public void close() {
    if (binding != 0) {
      releaseValues();
      api.call(CApi.RELEASE_IO_BINDING, binding);
      binding = 0;
    }
  }
}
