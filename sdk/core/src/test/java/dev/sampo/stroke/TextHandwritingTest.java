package dev.sampo.stroke;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.TinyOnnx;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Handwriting of a text (Graves 2013, section 5): a net whose window moves on by a character a point, that steps as far to the right as the
 * mean of the characters' indexes says, and always lifts its pen.
 */
class TextHandwritingTest {
  @TempDir private Path folder;

  private static byte[] number(float value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array();
  }

  @BeforeEach
  void write() throws IOException {
    new TinyOnnx()
        .in("points float32 batch,time,3", "text int64 batch,length")
        .in("h0 float32 1,batch,2", "kappa0 float32 batch,1")
        .scalar("one", "float32", number(1))
        .scalar("much", "float32", number(40))
        .scalar("less", "float32", number(-20))
        .scalar("minus", "int64", new byte[] {-1, -1, -1, -1, -1, -1, -1, -1})
        .node("ReduceSum", "points", "sum", TinyOnnx.integer("keepdims", 1))
        .node("Sub", "sum sum", "logits")
        .node("Identity", "logits", "correlation")
        .node("Add", "logits much", "pen")
        .node("Unsqueeze", "logits minus", "wide")
        .node("Concat", "wide wide", "pair", TinyOnnx.integer("axis", 3))
        .node("Add", "pair less", "logstd")
        .node("Cast", "text", "characters", TinyOnnx.integer("to", 1))
        .node("ReduceMean", "characters", "right", TinyOnnx.integer("keepdims", 1))
        .node("Add", "wide right", "x")
        .node("Concat", "x wide", "mean", TinyOnnx.integer("axis", 3))
        .node("Identity", "h0", "hn")
        .node("Add", "kappa0 one", "kappan")
        .out("logits float32 batch,time,1", "mean float32 batch,time,1,2")
        .out("logstd float32 batch,time,1,2", "correlation float32 batch,time,1")
        .out("pen float32 batch,time,1", "hn float32 1,batch,2", "kappan float32 batch,1")
        .write(folder.resolve("model.onnx"));
    json(", \"characters\": [\"a\", \"b\", \"c\", \"ä\"]");
  }

  private void json(String more) throws IOException {
    String text =
        "{\"spec\": \"handwriting\", \"name\": \"hand\", \"unit\": 2,"
            + " \"graphs\": {\"model\": {\"file\": \"model.onnx\"}}"
            + more
            + "}";
    Files.write(folder.resolve("sampo.json"), text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void write_whenText_thenItEndsBehindItsLastCharacter() {
    try (HandwritingPipeline hand = HandwritingPipeline.open(folder)) {
      assertTrue(hand.takesText());
      HandwritingRequest request = HandwritingRequest.builder().text("cäc").seed(1).build();
      Strokes drawing = hand.write(request).drawings().get(0);
      assertEquals(3, drawing.pointCount());
      // (2 + 3 + 2) / 3 characters to the right, 2 pixels each.
      assertEquals(14 / 3f, drawing.x(2) - drawing.x(1), 1e-4f);
      assertEquals(
          5, hand.write(request.toBuilder().text("aabab").build()).drawings().get(0).pointCount());
    }
  }

  @Test
  void write_whenNoTextOrUnknownCharacter_thenRequestAtFault() {
    try (HandwritingPipeline hand = HandwritingPipeline.open(folder)) {
      HandwritingRequest none = HandwritingRequest.builder().build();
      assertEquals("text", assertThrows(RequestException.class, () -> hand.write(none)).option());
      HandwritingRequest unknown = HandwritingRequest.builder().text("ax").build();
      RequestException e = assertThrows(RequestException.class, () -> hand.write(unknown));
      assertTrue(e.getMessage().contains("'x'") && e.getMessage().contains("abcä"), e.getMessage());
    }
  }

  @Test
  void open_whenCharactersAreNotListed_thenModelAtFault() throws IOException {
    json("");
    ModelException e = assertThrows(ModelException.class, () -> HandwritingPipeline.open(folder));
    assertEquals(folder.resolve("sampo.json"), e.path());
  }
}
