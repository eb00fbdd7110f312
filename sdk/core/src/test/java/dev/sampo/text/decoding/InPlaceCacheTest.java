package dev.sampo.text.decoding;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.OpenNatives;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Tensor;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Caches whose past and present are one tensor, over their growth, on rows that are moved at random. */
class InPlaceCacheTest {
  private static final CancellationToken NONE = CancellationToken.none();

  private static CausalModel load(String name) {
    try {
      Path path = Path.of(InPlaceCacheTest.class.getResource("/cases/gqa/" + name).toURI());
      ModelFolder folder = ModelFolder.open(path);
      SessionConfig session = SessionConfig.builder().intraOpThreads(1).build();
      return (CausalModel) TextModels.load(folder, folder.config(), session);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static float[] alone(CausalModel model, List<Integer> ids) {
    int[][] rows = {ids.stream().mapToInt(i -> i).toArray()};
    int[][] mask = {new int[rows[0].length]};
    Arrays.fill(mask[0], 1);
    TextModel.Batch batch = new TextModel.Batch(rows, mask, rows);
    try (DecodingState state = model.start(batch, 1, false, NONE)) {
      return Arrays.copyOf(state.logits(), state.vocabularySize());
    }
  }

  @TestFactory
  List<DynamicTest> reorder_whenRowsMoveAtRandom_thenEachRowIsItsOwnText() {
    List<DynamicTest> tests = new ArrayList<>();
    for (String name : List.of("f32", "q4", "f16")) {
      tests.add(DynamicTest.dynamicTest(name, () -> move(name)));
    }
    return tests;
  }

  private static void move(String name) {
    Random random = new Random(5);
    try (CausalModel model = load(name)) {
      assertTrue(model.isInPlace());
      float tolerance = name.equals("f16") ? 3e-2f : 3e-4f;
      int[][] prompts = {{5, 6, 7, 8, 9}, {0, 0, 0, 11, 12}};
      int[][] mask = {{1, 1, 1, 1, 1}, {0, 0, 0, 1, 1}};
      List<List<Integer>> texts = new ArrayList<>();
      texts.add(new ArrayList<>(List.of(5, 6, 7, 8, 9)));
      texts.add(new ArrayList<>(List.of(11, 12)));
      try (DecodingState state =
          model.start(new TextModel.Batch(prompts, mask, prompts), 1, true, NONE)) {
        for (int step = 0; step < 45; step++) {
          int[] parents = new int[1 + random.nextInt(5)];
          List<List<Integer>> moved = new ArrayList<>();
          int[] ids = new int[parents.length];
          for (int r = 0; r < parents.length; r++) {
            boolean stays = r < state.rows() && random.nextBoolean();
            parents[r] = stays ? r : random.nextInt(state.rows());
            ids[r] = 2 + random.nextInt(38);
            List<Integer> text = new ArrayList<>(texts.get(parents[r]));
            text.add(ids[r]);
            moved.add(text);
          }
          state.reorder(parents, NONE);
          state.feed(ids, NONE);
          texts = moved;
          int v = state.vocabularySize();
          for (int r = 0; r < ids.length && step % 4 == 0; r++) {
            float[] row = Arrays.copyOfRange(state.logits(), r * v, (r + 1) * v);
            assertArrayEquals(
                alone(model, texts.get(r)), row, tolerance, "step " + step + " row " + r);
          }
        }
      }
    }
  }

  @Test
  void feed_whenStepsGoOn_thenNothingIsMadeButTheMask() {
    try (CausalModel model = load("f32");
        CausalState state = model.begin(new int[][] {{1, 1, 1}})) {
      state.prefill(new int[][] {{5, 6, 7}}, 0, NONE);
      for (int i = 0; i < 5; i++) {
        state.feed(new int[] {9}, NONE);
      }
      int before = OpenNatives.count();
      for (int i = 0; i < 20; i++) {
        state.feed(new int[] {9}, NONE);
      }
      assertEquals(before, OpenNatives.count());
    }
  }

  @Test
  void restore_whenBlocksWereRead_thenGoesOnFromThere() throws IOException {
    try (CausalModel model = load("q4");
        CausalState state = model.begin(new int[][] {{1, 1, 1, 1}});
        CausalState other = model.empty()) {
      state.prefill(new int[][] {{5, 6, 7, 8}}, 2, NONE);
      state.truncate(3, NONE);
      List<Tensor> blocks = new ArrayList<>();
      state.readBlocks(block -> blocks.add(block.to(block.type())));
      assertEquals(3, blocks.get(0).shape().dim(2));
      other.restore(blocks, 3);
      for (int i = 0; i < 40; i++) {
        state.feed(new int[] {9 + i % 3}, NONE);
        other.feed(new int[] {9 + i % 3}, NONE);
        assertArrayEquals(
            Arrays.copyOf(state.logits(), 40), Arrays.copyOf(other.logits(), 40), 1e-5f);
      }
    }
  }

  @Test
  void plan_whenCarriedOut_thenRowsAreTheirParents() {
    Random random = new Random(1);
    for (int round = 0; round < 3_000; round++) {
      int rows = 1 + random.nextInt(6);
      int length = 1 + random.nextInt(5);
      int[][] content = new int[rows][length];
      for (int[] row : content) {
        for (int i = 0; i < length; i++) {
          row[i] = random.nextInt(2);
        }
      }
      int[][] same = new int[rows][rows];
      for (int a = 0; a < rows; a++) {
        for (int b = 0; b < rows; b++) {
          int n = 0;
          while (n < length && content[a][n] == content[b][n]) {
            n++;
          }
          same[a][b] = a == b ? length : random.nextInt(n + 1);
        }
      }
      int[] parents = new int[1 + random.nextInt(rows)];
      int[][] wanted = new int[parents.length][];
      for (int i = 0; i < parents.length; i++) {
        parents[i] = random.nextInt(rows);
        wanted[i] = content[parents[i]].clone();
      }
      int[][] kept = new int[rows][];
      for (RowCopy copy : RowCopy.plan(parents, same, length)) {
        if (copy.isKeep()) {
          kept[copy.source()] = content[copy.source()].clone();
          Arrays.fill(kept[copy.source()], 0, copy.from(), -1); // not put aside
        } else {
          int[] from = copy.fromKept() ? kept[copy.source()] : content[copy.source()];
          System.arraycopy(
              from, copy.from(), content[copy.target()], copy.from(), copy.to() - copy.from());
        }
      }
      for (int i = 0; i < parents.length; i++) {
        assertArrayEquals(wanted[i], content[i], "round " + round);
      }
    }
  }
}
