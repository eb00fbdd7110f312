package dev.sampo.export.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.ModelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsFileTest {
  @TempDir Path folder;

  private Path file(String header, int dataBytes) throws IOException {
    return file(header.getBytes(StandardCharsets.UTF_8), -1, dataBytes);
  }

  private Path file(byte[] header, long stated, int dataBytes) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + header.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(stated < 0 ? header.length : stated).put(header);
    return Files.write(folder.resolve("model.safetensors"), bytes.array());
  }

  private void refused(Path path, String why) {
    ModelException e = assertThrows(ModelException.class, () -> SafetensorsFile.read(path));
    assertEquals(path, e.path());
    assertTrue(e.getMessage().contains(why), e.getMessage());
  }

  @Test
  void read_whenTwoTensors_thenTypesShapesAndPlaces() throws IOException {
    String header =
        "{\"__metadata__\":{\"format\":\"pt\"},"
            + "\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
            + "\"b\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":[24,26]}}   ";
    SafetensorsFile read = SafetensorsFile.read(file(header, 26));
    Weight a = read.weights().get("a");
    assertEquals(WeightType.F32, a.type());
    assertArrayEquals(new long[] {2, 3}, a.shape());
    assertEquals(8 + header.length(), a.offset());
    assertEquals(24, a.length());
    assertEquals(8 + header.length() + 24, read.weights().get("b").offset());
    assertEquals("pt", read.metadata().get("format"));
  }

  @Test
  void read_whenHeaderLongerThanFile_thenRefusedWithoutReadingIt() throws IOException {
    refused(file("{}".getBytes(StandardCharsets.UTF_8), 90_000_000, 0), "90000000 bytes long");
    refused(file("{}".getBytes(StandardCharsets.UTF_8), Long.MAX_VALUE, 0), "bytes long");
  }

  @Test
  void read_whenFileTooShort_thenRefused() throws IOException {
    refused(Files.write(folder.resolve("short"), new byte[5]), "5 bytes");
  }

  @Test
  void read_whenTensorBeyondTheFile_thenSaysThatItWasNotCopiedWhole() throws IOException {
    refused(
        file("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4),
        "not copied whole");
  }

  @Test
  void read_whenShapeAndLengthDiffer_thenRefused() throws IOException {
    refused(
        file("{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8),
        "needs 12 bytes and has 8");
    refused(
        file(
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}",
            0),
        "too large");
  }

  @Test
  void read_whenTensorsOverlapOrLeaveAGap_thenRefused() throws IOException {
    String overlap =
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
            + "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[2,6]}}";
    refused(file(overlap, 6), "without gap or overlap");
    refused(
        file("{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}", 6), "end at byte");
  }

  @Test
  void read_whenDtypeCannotBeExported_thenNamesTensorAndType() throws IOException {
    refused(file("{\"a\":{\"dtype\":\"F4\",\"shape\":[2],\"data_offsets\":[0,1]}}", 1), "type F4");
  }

  @Test
  void read_whenNameTwice_thenRefused() throws IOException {
    refused(
        file(
            "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                + "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
            1),
        "no JSON");
  }

  @Test
  void read_whenHeaderIsNoObject_thenRefused() throws IOException {
    refused(file("[1,2]", 0), "does not begin with '{'");
    refused(file("{\"a\":3}", 0), "wanted START_OBJECT");
  }

  @Test
  void open_whenIndexNamesAMissingShard_thenNamesIt() throws IOException {
    Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        "{\"weight_map\":{\"a\":\"model-00001-of-00002.safetensors\"}}");
    ModelException e = assertThrows(ModelException.class, () -> Weights.open(folder));
    assertTrue(e.getMessage().contains("model-00001-of-00002.safetensors"), e.getMessage());
  }

  @Test
  void open_whenIndexPlacesATensorThatTheShardLacks_thenNamesBoth() throws IOException {
    file("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1);
    Files.move(folder.resolve("model.safetensors"), folder.resolve("part.safetensors"));
    Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        "{\"weight_map\":{\"a\":\"part.safetensors\",\"b\":\"part.safetensors\"}}");
    ModelException e = assertThrows(ModelException.class, () -> Weights.open(folder));
    assertTrue(e.getMessage().contains("no tensor 'b'"), e.getMessage());
  }

  @Test
  void open_whenShardLeavesTheFolder_thenRefused() throws IOException {
    Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        "{\"weight_map\":{\"a\":\"../x.safetensors\"}}");
    ModelException e = assertThrows(ModelException.class, () -> Weights.open(folder));
    assertTrue(e.getMessage().contains("leaves the folder"), e.getMessage());
  }

  @Test
  void open_whenOnlyAPickle_thenSaysHowToSave() throws IOException {
    Files.createFile(folder.resolve("pytorch_model.bin"));
    ModelException e = assertThrows(ModelException.class, () -> Weights.open(folder));
    assertTrue(e.getMessage().contains("safe_serialization"), e.getMessage());
  }
}
