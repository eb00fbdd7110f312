package dev.sampo.sound;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.RequestException;
import dev.sampo.runtime.TinyOnnx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** VITS of several speakers: a graph whose samples are the ids plus the speaker's number. */
class VitsSpeakersTest {
  @TempDir private Path folder;

  private SpeechPipeline open(String speakerInput) throws IOException {
    TinyOnnx graph =
        new TinyOnnx()
            .in("input_ids int64 batch,time", "attention_mask int64 batch,time")
            .node("Mul", "input_ids attention_mask", "spoken");
    if (speakerInput.isEmpty()) {
      graph.node("Identity", "spoken", "said");
    } else {
      graph.in(speakerInput).node("Add", "spoken speaker_id", "said");
    }
    graph
        .node("Cast", "said", "waveform", TinyOnnx.integer("to", 1))
        .out("waveform float32 batch,samples")
        .write(folder.resolve("model.onnx"));
    text(
        "config.json",
        "{\"model_type\": \"vits\", \"architectures\": [\"VitsModel\"], \"sampling_rate\": 8000,"
            + " \"num_speakers\": 3, \"upsample_rates\": [2]}");
    text("vocab.json", "{\"a\": 1, \"b\": 2}");
    text("tokenizer_config.json", "{\"add_blank\": false}");
    return SpeechPipeline.open(folder);
  }

  private void text(String name, String json) throws IOException {
    Files.write(folder.resolve(name), json.getBytes(StandardCharsets.UTF_8));
  }

  private static SpeechRequest.Builder ids() {
    return SpeechRequest.builder().inputIds(Collections.singletonList(new int[] {1, 2})).seed(1);
  }

  @Test
  void speak_whenSpeaker_thenTheGraphIsToldItsNumber() throws IOException {
    try (SpeechPipeline voices = open("speaker_id int64 1")) {
      assertEquals(3, voices.speakerCount());
      assertArrayEquals(
          new float[] {3, 4}, voices.speak(ids().speaker(2).build()).utterances().get(0).samples());
      assertArrayEquals(
          new float[] {1, 2}, voices.speak(ids().build()).utterances().get(0).samples());
    }
  }

  @Test
  void speak_whenThereIsNoSuchSpeaker_thenRequestAtFault() throws IOException {
    try (SpeechPipeline voices = open("speaker_id int64 1")) {
      SpeechRequest fourth = ids().speaker(3).build();
      RequestException e = assertThrows(RequestException.class, () -> voices.speak(fourth));
      assertEquals("speaker", e.option());
      assertTrue(e.getMessage().contains("3 voice(s)"), e.getMessage());
    }
  }

  @Test
  void speak_whenGraphKnowsOneSpeaker_thenOnlyTheFirst() throws IOException {
    try (SpeechPipeline voices = open("")) {
      assertEquals(1, voices.speakerCount());
      assertArrayEquals(
          new float[] {1, 2}, voices.speak(ids().speaker(0).build()).utterances().get(0).samples());
      SpeechRequest second = ids().speaker(1).build();
      assertThrows(RequestException.class, () -> voices.speak(second));
    }
  }
}
