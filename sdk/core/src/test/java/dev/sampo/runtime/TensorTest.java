package dev.sampo.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.ClosedException;
import dev.sampo.error.RequestException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TensorTest {
  private static String error(Runnable call) {
    return assertThrows(TensorException.class, call::run).getMessage();
  }

  @Test
  void run_whenEveryElementType_passesThroughOnnxRuntime() {
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    Shape shape = Shape.of(4);
    try (Graph graph = Graphs.load("types.onnx")) {
      for (TensorInfo info : graph.inputs().values()) {
        inputs.put(info.name(), Tensor.longsAs(info.type(), shape, 0, 1, 7, 100));
      }
      try (Outputs outputs = graph.run(inputs)) {
        for (TensorInfo info : graph.outputs().values()) {
          float[] wanted =
              info.type() == ElementType.BOOL
                  ? new float[] {0, 1, 1, 1}
                  : new float[] {0, 1, 7, 100};
          assertEquals(info.type(), outputs.get(info.name()).type());
          assertArrayEquals(wanted, outputs.get(info.name()).toFloats(), info.name());
        }
      }
    }
    inputs.values().forEach(Tensor::close);
  }

  @Test
  void run_whenGivenFloats_convertsToEveryDeclaredType() {
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    Tensor floats = Tensor.ofFloats(Shape.of(3), 0, 1.75f, 100);
    try (Graph graph = Graphs.load("types.onnx")) {
      graph.inputs().keySet().forEach(name -> inputs.put(name, floats));
      try (Outputs outputs = graph.run(inputs)) {
        assertArrayEquals(new float[] {0, 1.75f, 100}, outputs.get("float16_out").toFloats());
        assertArrayEquals(new float[] {0, 1.75f, 100}, outputs.get("float64_out").toFloats());
        // The fraction is cut off, not rounded, as Optimum does with timesteps.
        assertArrayEquals(new long[] {0, 1, 100}, outputs.get("int64_out").toLongs());
        assertArrayEquals(new long[] {0, 1, 100}, outputs.get("uint8_out").toLongs());
        assertArrayEquals(new long[] {0, 1, 1}, outputs.get("bool_out").toLongs());
      }
    }
    floats.close();
  }

  @Test
  void floatsAs_whenFloat16_rounds() {
    try (Tensor t = Tensor.floatsAs(ElementType.FLOAT16, Shape.of(2), 1 / 3f, -2)) {
      assertArrayEquals(new float[] {0.33325195f, -2}, t.toFloats());
      assertEquals((short) 0x3555, t.shortBuffer().get(0));
    }
  }

  @Test
  void set_whenValueDoesNotFit_says() {
    try (Tensor t = Tensor.allocate(ElementType.INT8, Shape.of(1))) {
      assertEquals("The value 128 does not fit int8 (-128 to 127)", error(() -> t.set(128L)));
      assertEquals("The value NaN does not fit int8", error(() -> t.set(Float.NaN)));
    }
    try (Tensor t = Tensor.allocate(ElementType.INT32, Shape.of(1))) {
      assertEquals(
          "The value 4294967296 does not fit int32 (-2147483648 to 2147483647)",
          error(() -> t.set(1L << 32)));
    }
  }

  @Test
  void toLongs_whenFloat_refuses() {
    try (Tensor t = Tensor.ofFloats(Shape.of(1), 1)) {
      assertEquals("A float32 tensor is read as floats, not as longs", error(t::toLongs));
    }
  }

  @Test
  void buffers_whenOfTheRightType_areTheMemory() {
    try (Tensor f = Tensor.ofFloats(Shape.of(2), 1, 2);
        Tensor l = Tensor.ofLongs(Shape.of(2), 3, 4);
        Tensor i = Tensor.ofInts(Shape.of(2), 5, 6)) {
      f.floatBuffer().put(1, 9);
      l.longBuffer().put(0, 8);
      i.intBuffer().put(0, 7);
      assertArrayEquals(new float[] {1, 9}, f.toFloats());
      assertArrayEquals(new long[] {8, 4}, l.toLongs());
      assertArrayEquals(new long[] {7, 6}, i.toLongs());
      assertEquals(
          "floatBuffer() wants float32, this tensor is int64; copyTo and set convert",
          error(l::floatBuffer));
    }
  }

  @Test
  void copyTo_whenPartly_readsThatPart() {
    try (Tensor t = Tensor.ofFloats(Shape.of(5), 1, 2, 3, 4, 5)) {
      float[] out = new float[4];
      t.copyTo(2, out, 1, 3);
      assertArrayEquals(new float[] {0, 3, 4, 5}, out);
      assertEquals(
          "Elements 3 to 6 of a tensor of shape [5], which has 5",
          error(() -> t.copyTo(3, out, 0, 3)));
      t.set(1, new float[] {8, 9}, 0, 2);
      assertArrayEquals(new float[] {1, 8, 9, 4, 5}, t.toFloats());
    }
  }

  @Test
  void view_whenCutFromABuffer_sharesIt() {
    try (Tensor ones = Tensor.longsAs(ElementType.INT64, Shape.of(6), 1, 1, 1, 1, 1, 1);
        Tensor mask = ones.view(Shape.of(1, 4));
        Tensor tail = ones.view(4, Shape.of(2))) {
      ones.longBuffer().put(3, 0).put(5, 7);
      assertArrayEquals(new long[] {1, 1, 1, 0}, mask.toLongs());
      assertArrayEquals(new long[] {1, 7}, tail.toLongs());
      assertEquals(
          "A view of 7 elements from 0 does not fit a tensor of shape [6]",
          error(() -> ones.view(Shape.of(7))));
    }
  }

  @Test
  void wrap_whenBufferFits_copiesNothing() {
    ByteBuffer bytes = ByteBuffer.allocateDirect(20).order(ByteOrder.nativeOrder());
    bytes.putFloat(4, 5f).putFloat(8, 6f).position(4);
    try (Tensor t = Tensor.wrap(ElementType.FLOAT32, Shape.of(2), bytes)) {
      assertArrayEquals(new float[] {5, 6}, t.toFloats());
      bytes.putFloat(8, 7f);
      assertArrayEquals(new float[] {5, 7}, t.toFloats());
    }
    assertTrue(
        error(() -> Tensor.wrap(ElementType.FLOAT32, Shape.of(5), bytes))
            .endsWith("needs 20 bytes, the buffer has 16"));
    assertTrue(
        error(() -> Tensor.wrap(ElementType.FLOAT32, Shape.of(1), ByteBuffer.allocate(4)))
            .contains("direct buffer in native byte order"));
  }

  @Test
  void make_whenShapeAndValuesDisagree_says() {
    assertEquals(
        "Shape [2,3] has 6 elements, but 2 values were given",
        error(() -> Tensor.ofFloats(Shape.of(2, 3), 1, 2)));
    assertTrue(
        error(() -> Tensor.allocate(ElementType.FLOAT32, Shape.of(1 << 20, 1 << 20)))
            .contains("exceeds 2 GB"));
    assertTrue(
        error(
                () ->
                    Tensor.allocate(
                        ElementType.FLOAT32, Shape.declared(new long[] {-1}, new String[] {"n"})))
            .contains("[n]"));
  }

  @Test
  void byteBuffer_whenMemoryIsOnnxRuntimes_saysWhatToDo() {
    try (Graph graph = Graphs.load("add.onnx");
        Tensor a = Tensor.ofFloats(Shape.of(1, 3), 1, 2, 3);
        Outputs outputs = graph.run(Map.of("a", a, "b", a))) {
      assertFalse(outputs.get("sum").hasBuffer());
      assertTrue(error(outputs.get("sum")::byteBuffer).contains("Tensor.allocate"));
    }
  }

  @Test
  void to_whenOtherType_converts() {
    try (Tensor a = Tensor.ofFloats(Shape.of(3), 1.5f, -2, 3);
        Tensor half = a.to(ElementType.BFLOAT16);
        Tensor ints = a.to(ElementType.INT32)) {
      assertArrayEquals(new float[] {1.5f, -2, 3}, half.toFloats());
      assertArrayEquals(new long[] {1, -2, 3}, ints.toLongs());
    }
  }

  @Test
  void gatherRows_whenOutOfRange_says() {
    try (Tensor a = Tensor.ofFloats(Shape.of(2, 2), 1, 2, 3, 4);
        Tensor rows = a.gatherRows(1, 1, 0)) {
      assertEquals(Shape.of(3, 2), rows.shape());
      assertArrayEquals(new float[] {3, 4, 3, 4, 1, 2}, rows.toFloats());
      assertEquals("Row 2 of a tensor of shape [2,2]", error(() -> a.gatherRows(2)));
    }
  }

  @Test
  void use_whenClosed_says() {
    Tensor t = Tensor.ofFloats(Shape.of(1), 1);
    t.close();
    t.close();
    assertTrue(t.isClosed());
    assertEquals(
        "Tensor float32 [1] is closed",
        assertThrows(ClosedException.class, t::toFloats).getMessage());
  }

  @Test
  void shape_whenCompared_isByContent() {
    assertEquals(Shape.of(1, 2), Shape.of(1, 2));
    assertEquals(
        "[batch,3,?]",
        Shape.declared(new long[] {-1, 3, -1}, new String[] {"batch", "x", ""}).toString());
    assertEquals(Shape.of(1, 5), Shape.of(1, 2).with(-1, 5));
    assertTrue(Shape.declared(new long[] {-1, 3}, new String[2]).accepts(Shape.of(7, 3)));
    assertFalse(Shape.declared(new long[] {-1, 3}, new String[2]).accepts(Shape.of(7, 4)));
    assertThrows(RequestException.class, () -> Shape.of(-1));
  }
}
