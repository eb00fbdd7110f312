package dev.sampo.picture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sampo.error.RequestException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class PixelsTest {
  @Test
  void fromNchw_whenRange_thenMappedClampedAndRoundedHalfToEven() {
    float[] batch = {9, 9, -1, 1, 0, 2, -3, Float.NaN};
    Pixels picture = Pixels.fromNchw(batch, 1, 1, 1, 2, -1, 1);
    assertEquals(Pixels.ofBytes(2, 1, 1, new byte[] {0, (byte) 255}), picture);
    // 0 lies at 127.5: to 128, as NumPy rounds
    assertEquals(
        Pixels.ofBytes(2, 1, 1, new byte[] {(byte) 128, (byte) 255}),
        Pixels.fromNchw(batch, 2, 1, 1, 2, -1, 1));
    assertEquals(
        Pixels.ofBytes(2, 1, 1, new byte[] {0, 0}), Pixels.fromNchw(batch, 3, 1, 1, 2, -1, 1));
  }

  @Test
  void fromNchw_whenChannels_thenInterleaved() {
    float[] chw = {0, 1, 0, 0, 1, 1};
    Pixels picture = Pixels.fromNchw(chw, 0, 3, 1, 2, 0, 1);
    assertArrayEquals(new byte[] {0, 0, -1, -1, 0, -1}, picture.toBytes());
    assertArrayEquals(chw, picture.toChw(0, 1));
  }

  @Property
  void toChw_whenBack_thenEveryByteIsKept(@ForAll @Size(12) byte[] data) {
    Pixels picture = Pixels.ofBytes(2, 2, 3, data);
    assertEquals(picture, Pixels.fromNchw(picture.toChw(-1, 1), 0, 3, 2, 2, -1, 1));
    assertEquals(picture, Pixels.fromNchw(picture.toChw(0, 1), 0, 3, 2, 2, 0, 1));
  }

  @Test
  void withChannels_whenGreyAndBack_thenTheSame() {
    Pixels grey = Pixels.ofBytes(2, 1, 1, new byte[] {7, -3});
    assertEquals(
        Pixels.ofBytes(2, 1, 4, new byte[] {7, 7, 7, -1, -3, -3, -3, -1}), grey.withChannels(4));
    assertEquals(grey, grey.withChannels(3).withChannels(1));
    assertEquals(76, Pixels.filled(1, 1, 255, 0, 0).withChannels(1).at(0, 0, 0));
  }

  @Test
  void enlarged_whenTwo_thenEveryPixelIsFour() {
    Pixels picture = Pixels.ofBytes(2, 1, 1, new byte[] {1, 2});
    assertEquals(Pixels.ofBytes(4, 2, 1, new byte[] {1, 1, 2, 2, 1, 1, 2, 2}), picture.enlarged(2));
  }

  @Test
  void ofBytes_whenSizeDoesNotFit_thenErrorNamesBoth() {
    RequestException e =
        assertThrows(RequestException.class, () -> Pixels.ofBytes(2, 2, 3, new byte[11]));
    assertEquals("A picture of 2x2 with 3 channels holds 12 bytes, got 11.", e.getMessage());
  }
}
