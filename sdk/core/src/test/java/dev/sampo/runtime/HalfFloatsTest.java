package dev.sampo.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class HalfFloatsTest {
  @Test
  void float16_whenEveryPattern_comesBack() {
    for (int i = 0; i < 1 << 16; i++) {
      float value = HalfFloats.fromFloat16((short) i);
      if (Float.isNaN(value)) {
        assertTrue(Float.isNaN(HalfFloats.fromFloat16(HalfFloats.toFloat16(value))));
      } else {
        assertEquals((short) i, HalfFloats.toFloat16(value), "pattern " + i);
      }
    }
  }

  @Test
  void float16_whenBetweenTwo_roundsToNearestEven() {
    for (int i = 0; i < 0x7bff; i++) {
      float low = HalfFloats.fromFloat16((short) i);
      float high = HalfFloats.fromFloat16((short) (i + 1));
      float middle = low + (high - low) / 2;
      short even = (short) ((i & 1) == 0 ? i : i + 1);
      assertEquals(even, HalfFloats.toFloat16(middle));
      assertEquals((short) (even | 0x8000), HalfFloats.toFloat16(-middle));
      assertEquals((short) i, HalfFloats.toFloat16(Math.nextDown(middle)));
      assertEquals((short) (i + 1), HalfFloats.toFloat16(Math.nextUp(middle)));
    }
  }

  @Test
  void float16_whenAtTheEnds_isKnown() {
    assertEquals((short) 0x7bff, HalfFloats.toFloat16(65504f));
    assertEquals((short) 0x7bff, HalfFloats.toFloat16(65519.996f));
    assertEquals((short) 0x7c00, HalfFloats.toFloat16(65520f));
    assertEquals((short) 0x7c00, HalfFloats.toFloat16(Float.POSITIVE_INFINITY));
    assertEquals((short) 0xfc00, HalfFloats.toFloat16(-1e30f));
    assertEquals((short) 1, HalfFloats.toFloat16(0x1p-24f));
    assertEquals((short) 0, HalfFloats.toFloat16(0x1p-25f));
    assertEquals((short) 0x8000, HalfFloats.toFloat16(-0f));
    assertEquals(0.333251953125f, HalfFloats.fromFloat16((short) 0x3555));
  }

  @Test
  void bfloat16_whenRandom_roundsToNearestEven() {
    Random random = new Random(3);
    for (int i = 0; i < 100_000; i++) {
      float value = Float.intBitsToFloat(random.nextInt());
      short bits = HalfFloats.toBfloat16(value);
      if (Float.isNaN(value)) {
        assertTrue(Float.isNaN(HalfFloats.fromBfloat16(bits)));
        continue;
      }
      double error = Math.abs((double) HalfFloats.fromBfloat16(bits) - value);
      for (int step = -1; step <= 1; step += 2) {
        float neighbour = HalfFloats.fromBfloat16((short) (bits + step));
        double other = Math.abs((double) neighbour - value);
        assertTrue(
            Float.isNaN(neighbour)
                || Float.isInfinite(HalfFloats.fromBfloat16(bits))
                || error < other
                || (error == other && (bits & 1) == 0));
      }
    }
    assertEquals((short) 0x3f80, HalfFloats.toBfloat16(1f));
    assertEquals((short) 0x4049, HalfFloats.toBfloat16((float) Math.PI));
  }
}
