package dev.sampo.text.decoding;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.OpenNatives;
import dev.sampo.runtime.SessionConfig;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What every decoding state promises: one model of each kind, fed, re-ordered, cut back, cancelled and closed. */
class DecodingStateContractTest {
  private static final CancellationToken NONE = CancellationToken.none();

  /** A kind of state: a folder, and whether its keys and values are kept. */
  private record Kind(String folder, boolean cache) {
    @Override
    public String toString() {
      return folder + (cache ? "" : " without cache");
    }
  }

  private static final List<Kind> KINDS =
      List.of(
          new Kind("golden/text/generation/gpt2", true),
          new Kind("golden/text/generation/gpt2", false),
          new Kind("golden/text/generation/llama", true),
          new Kind("golden/text/generation/llama_merged", true),
          new Kind("golden/text/generation/llama_window", true),
          new Kind("golden/text/generation/t5", true),
          new Kind("golden/text/generation/t5", false),
          new Kind("golden/text/generation/bart", true),
          new Kind("golden/text/rnn/char_lstm", true),
          new Kind("golden/text/rnn/seq2seq_gru", true),
          new Kind("golden/text/rnn/seq2seq_lstm", true),
          new Kind("cases/gqa/f32", true),
          new Kind("cases/gqa/q4", true));

  private static List<DynamicTest> each(Consumer<Subject> check) {
    List<DynamicTest> tests = new ArrayList<>();
    for (Kind kind : KINDS) {
      tests.add(
          DynamicTest.dynamicTest(
              kind.toString(),
              () -> {
                try (TextModel model = load(kind.folder())) {
                  check.accept(new Subject(model, kind.cache()));
                }
              }));
    }
    return tests;
  }

  private static TextModel load(String name) {
    try {
      Path path = Path.of(DecodingStateContractTest.class.getResource("/" + name).toURI());
      ModelFolder folder = ModelFolder.open(path);
      ObjectNode config = ((ObjectNode) folder.jsonOrEmpty("config.json")).deepCopy();
      config.setAll((ObjectNode) folder.jsonOrEmpty("sampo.json"));
      return TextModels.load(folder, config, SessionConfig.builder().intraOpThreads(1).build());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A model with two prompts, of which the second is shorter. */
  private record Subject(TextModel model, boolean cache) {
    private static final int[][] PROMPTS = {{5, 6, 7, 8}, {9, 10}};

    DecodingState start(int copies) {
      return start(copies, NONE);
    }

    DecodingState start(int copies, CancellationToken token) {
      return model.start(batch(PROMPTS, new int[2][0]), copies, cache, token);
    }

    /** Scores after a prompt and ids that were fed, in a state of their own. */
    float[] alone(int prompt, int... fed) {
      try (DecodingState state =
          model.start(batch(new int[][] {PROMPTS[prompt]}, new int[1][0]), 1, false, NONE)) {
        for (int id : fed) {
          state.feed(new int[] {id}, NONE);
        }
        return Arrays.copyOf(state.logits(), state.vocabularySize());
      }
    }

    private TextModel.Batch batch(int[][] prompts, int[][] fed) {
      int width = 0;
      for (int[] prompt : prompts) {
        width = Math.max(width, prompt.length);
      }
      int[][] ids = new int[prompts.length][width];
      int[][] mask = new int[prompts.length][width];
      for (int b = 0; b < prompts.length; b++) {
        int at = model.isEncoderDecoder() ? 0 : width - prompts[b].length;
        System.arraycopy(prompts[b], 0, ids[b], at, prompts[b].length);
        Arrays.fill(mask[b], at, at + prompts[b].length, 1);
      }
      int[][] begin = new int[prompts.length][];
      Arrays.fill(begin, new int[] {2});
      return new TextModel.Batch(ids, mask, model.isEncoderDecoder() ? begin : ids);
    }
  }

  private static void assertRow(float[] wanted, DecodingState state, int row) {
    int v = state.vocabularySize();
    assertArrayEquals(
        wanted, Arrays.copyOfRange(state.logits(), row * v, (row + 1) * v), 2e-4f, "row " + row);
  }

  @TestFactory
  List<DynamicTest> feed_whenRowsAreTogether_thenEachAsAlone() {
    return each(
        subject -> {
          try (DecodingState state = subject.start(1)) {
            assertEquals(2, state.rows());
            int before = state.length();
            assertRow(subject.alone(0), state, 0);
            assertRow(subject.alone(1), state, 1);
            state.feed(new int[] {11, 12}, NONE);
            state.feed(new int[] {13, 14}, NONE);
            assertEquals(before + 2, state.length());
            assertRow(subject.alone(0, 11, 13), state, 0);
            assertRow(subject.alone(1, 12, 14), state, 1);
          }
        });
  }

  @TestFactory
  List<DynamicTest> feedAll_whenSeveralIds_thenScoresAfterEach() {
    return each(
        subject -> {
          try (DecodingState state = subject.start(1)) {
            int v = state.vocabularySize();
            float[] all = state.feedAll(new int[] {11, 13, 12, 14}, 2, NONE);
            assertArrayEquals(subject.alone(0, 11), Arrays.copyOfRange(all, 0, v), 2e-4f);
            assertArrayEquals(subject.alone(0, 11, 13), Arrays.copyOfRange(all, v, 2 * v), 2e-4f);
            assertArrayEquals(
                subject.alone(1, 12, 14), Arrays.copyOfRange(all, 3 * v, 4 * v), 2e-4f);
          }
        });
  }

  @TestFactory
  List<DynamicTest> reorder_whenRowsGrowSwapAndShrink_thenEachGoesOnFromItsParent() {
    return each(
        subject -> {
          try (DecodingState state = subject.start(2)) {
            state.feed(new int[] {11, 12, 13, 14}, NONE);
            state.reorder(new int[] {1, 0, 3, 3}, NONE);
            state.feed(new int[] {15, 16, 17, 18}, NONE);
            assertRow(subject.alone(0, 12, 15), state, 0);
            assertRow(subject.alone(0, 11, 16), state, 1);
            assertRow(subject.alone(1, 14, 17), state, 2);
            assertRow(subject.alone(1, 14, 18), state, 3);
            state.reorder(new int[] {0, 0, 1, 2, 3, 3}, NONE);
            state.feed(new int[] {5, 6, 7, 8, 9, 10}, NONE);
            assertRow(subject.alone(0, 12, 15, 6), state, 1);
            assertRow(subject.alone(1, 14, 18, 10), state, 5);
            state.reorder(new int[] {2, 4}, NONE);
            state.feed(new int[] {19, 20}, NONE);
            assertEquals(2, state.rows());
            assertRow(subject.alone(0, 11, 16, 7, 19), state, 0);
            assertRow(subject.alone(1, 14, 18, 9, 20), state, 1);
          }
        });
  }

  @TestFactory
  List<DynamicTest> truncate_whenIdsAreTakenBack_thenAsIfNeverFed() {
    return each(
        subject -> {
          try (DecodingState state = subject.start(1)) {
            int before = state.length();
            state.feed(new int[] {11, 12}, NONE);
            state.feed(new int[] {13, 14}, NONE);
            if (!state.canTruncate()) {
              assertThrows(RequestException.class, () -> state.truncate(before, NONE));
              return;
            }
            state.truncate(before + 1, NONE);
            assertEquals(before + 1, state.length());
            state.feed(new int[] {15, 16}, NONE);
            assertRow(subject.alone(0, 11, 15), state, 0);
            assertRow(subject.alone(1, 12, 16), state, 1);
          }
        });
  }

  @TestFactory
  List<DynamicTest> close_whenInAnyState_thenNothingStaysOpen() {
    return each(
        subject -> {
          use(subject, 6); // graphs of Gather nodes are made when first needed, and kept
          int before = OpenNatives.count();
          for (int steps = 0; steps <= 6; steps++) {
            use(subject, steps);
            assertEquals(before, OpenNatives.count(), steps + " steps");
          }
        });
  }

  /** Does the first {@code steps} of what a state can do, and closes it twice. */
  private static void use(Subject subject, int steps) {
    DecodingState state = subject.start(steps % 2 + 1);
    int rows = state.rows();
    for (int i = 0; i < steps; i++) {
      switch (i) {
        case 0, 3, 5 -> state.feed(new int[state.rows()], NONE);
        case 1 -> state.reorder(grown(rows), NONE);
        case 2 -> state.feedAll(new int[2 * state.rows()], 2, NONE);
        default -> {
          if (state.canTruncate()) {
            state.truncate(state.length() - 1, NONE);
          }
        }
      }
    }
    state.close();
    state.close();
  }

  /** Each row twice. */
  private static int[] grown(int rows) {
    int[] parents = new int[2 * rows];
    for (int i = 0; i < parents.length; i++) {
      parents[i] = i / 2;
    }
    return parents;
  }

  @TestFactory
  List<DynamicTest> start_whenCancelled_thenNothingStaysOpen() {
    return each(
        subject -> {
          subject.start(2).close();
          int before = OpenNatives.count();
          CancellationToken token = new CancellationToken();
          token.cancel();
          assertThrows(CancelledException.class, () -> subject.start(2, token));
          assertEquals(before, OpenNatives.count());
        });
  }

  @TestFactory
  List<DynamicTest> feed_whenStepsGoOn_thenNumberOfNativeThingsStays() {
    return each(
        subject -> {
          try (DecodingState state = subject.start(2)) {
            int[] ids = new int[4];
            int[] swap = {1, 0, 3, 2};
            for (int i = 0; i < 3; i++) {
              state.feed(ids, NONE);
              state.reorder(swap, NONE);
            }
            int before = OpenNatives.count();
            for (int i = 0; i < 12; i++) {
              state.feed(ids, NONE);
              state.reorder(swap, NONE);
            }
            assertEquals(before, OpenNatives.count());
          }
        });
  }
}
