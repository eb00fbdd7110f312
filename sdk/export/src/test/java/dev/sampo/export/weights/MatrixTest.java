package dev.sampo.export.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.sampo.error.ModelException;
import dev.sampo.error.SampoException;
import dev.sampo.onnx.proto.StringStringEntryProto;
import dev.sampo.onnx.proto.TensorProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MatrixTest {
  @TempDir Path folder;
  private Path graph;

  @BeforeEach
  void write() throws IOException {
    graph = folder.resolve("model.onnx");
    ByteBuffer data = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 8; i++) {
      data.putFloat(i);
    }
    Files.write(folder.resolve("model.data"), data.array());
  }

  private static TensorProto.Builder tensor(long rows, long columns) {
    return TensorProto.newBuilder()
        .setName("w")
        .setDataType(TensorProto.DataType.FLOAT_VALUE)
        .addDims(rows)
        .addDims(columns);
  }

  private static TensorProto external(long rows, long columns, String file, String offset) {
    return tensor(rows, columns)
        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
        .addExternalData(StringStringEntryProto.newBuilder().setKey("location").setValue(file))
        .addExternalData(StringStringEntryProto.newBuilder().setKey("offset").setValue(offset))
        .build();
  }

  private String error(TensorProto tensor) {
    SampoException e = assertThrows(SampoException.class, () -> Matrix.of(tensor, graph, false));
    String message = String.valueOf(e.getMessage());
    assertTrue(message.contains(folder.toString()), message);
    return message;
  }

  @Test
  void of_whenExternal_thenRowsAndColumnsFromItsOffset() throws IOException {
    Matrix matrix = Matrix.of(external(2, 3, "model.data", "8"), graph, false);
    float[] row = new float[3];
    matrix.row(1, row);
    assertArrayEquals(new float[] {5, 6, 7}, row);
    Matrix transposed = Matrix.of(external(2, 3, "model.data", "8"), graph, true);
    float[] column = new float[2];
    transposed.row(2, column);
    assertArrayEquals(new float[] {4, 7}, column);
    assertEquals(3, transposed.rows());
  }

  @Test
  void of_whenTheOffsetIsNone_thenErrorNamesFileAndTensor() {
    for (String offset : new String[] {"x", "", "99999999999999999999", "1e3"}) {
      String message = error(external(2, 3, "model.data", offset));
      assertTrue(message.contains("'w'") && message.contains("is no number"), message);
    }
    for (String offset : new String[] {"-8", "12", "9223372036854775807"}) {
      String message = error(external(2, 3, "model.data", offset));
      assertTrue(message.contains("needs 24 bytes from " + offset), message);
    }
  }

  @Test
  void of_whenSizesCannotBe_thenErrorAndNothingIsAllocated() {
    assertTrue(error(external(-1, 3, "model.data", "0")).contains("a dimension of -1"));
    assertTrue(error(external(1L << 40, 0, "model.data", "0")).contains("a dimension of"));
    error(external(Integer.MAX_VALUE, Integer.MAX_VALUE, "model.data", "0"));
    error(external(Integer.MAX_VALUE, 1, "model.data", "0"));
    error(tensor(1 << 20, 1 << 20).setRawData(ByteString.copyFrom(new byte[16])).build());
    error(tensor(2, 2).setDataType(TensorProto.DataType.FLOAT16_VALUE).addInt32Data(1).build());
  }

  @Test
  void of_whenTheDataLiesOutsideTheFolder_thenRefused() {
    for (String file : new String[] {"../model.data", "/etc/passwd", ""}) {
      SampoException e =
          assertThrows(
              ModelException.class, () -> Matrix.of(external(2, 3, file, "0"), graph, false));
      assertTrue(String.valueOf(e.getMessage()).contains("external data of"), e.getMessage());
    }
  }
}
