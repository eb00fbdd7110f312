package dev.sampo.android;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import android.graphics.Bitmap;
import dev.sampo.error.RequestException;
import dev.sampo.picture.Pixels;
import java.util.List;
import java.util.Random;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;

@RunWith(RobolectricTestRunner.class)
public class BitmapsTest {
  private static byte[] bytes(int... values) {
    byte[] out = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      out[i] = (byte) values[i];
    }
    return out;
  }

  @Test
  public void of_grey_rgb_and_rgba_then_colours_are_argb() {
    Bitmap grey = Bitmaps.of(Pixels.ofBytes(2, 1, 1, bytes(0, 200)));
    assertEquals(0xff000000, grey.getPixel(0, 0));
    assertEquals(0xffc8c8c8, grey.getPixel(1, 0));
    assertFalse(grey.hasAlpha());

    Bitmap rgb = Bitmaps.of(Pixels.ofBytes(1, 2, 3, bytes(1, 2, 3, 254, 253, 252)));
    assertEquals(0xff010203, rgb.getPixel(0, 0));
    assertEquals(0xfffefdfc, rgb.getPixel(0, 1));
    assertEquals(Bitmap.Config.ARGB_8888, rgb.getConfig());

    Bitmap rgba = Bitmaps.of(Pixels.ofBytes(1, 1, 4, bytes(10, 20, 30, 255)));
    assertEquals(0xff0a141e, rgba.getPixel(0, 0));
    assertTrue(rgba.hasAlpha());
  }

  @Test
  public void pixels_of_a_picture_then_the_same_picture() {
    for (int channels : new int[] {1, 3, 4}) {
      byte[] data = new byte[7 * 5 * channels];
      new Random(channels).nextBytes(data);
      for (int i = 3; channels == 4 && i < data.length; i += 4) {
        data[i] = (byte) 255;
      }
      Pixels picture = Pixels.ofBytes(7, 5, channels, data);
      assertEquals(picture, Bitmaps.pixels(Bitmaps.of(picture), channels));
    }
  }

  @Test
  public void pixels_of_a_colour_bitmap_as_grey_then_luma() {
    Bitmap bitmap = Bitmap.createBitmap(2, 1, Bitmap.Config.ARGB_8888);
    bitmap.setPixels(new int[] {0xffff0000, 0xff00ff00}, 0, 2, 0, 0, 2, 1);
    assertArrayEquals(bytes(76, 150), Bitmaps.pixels(bitmap, 1).toBytes());
  }

  @Test
  public void copy_into_a_bitmap_then_no_other_is_made() {
    Bitmap bitmap = Bitmaps.of(Pixels.filled(3, 2, 1));
    Bitmaps.copy(Pixels.filled(3, 2, 9, 8, 7), bitmap);
    assertEquals(0xff090807, bitmap.getPixel(2, 1));
  }

  @Test
  public void copy_into_another_size_then_says_both() {
    Bitmap bitmap = Bitmaps.of(Pixels.filled(3, 2, 1));
    Exception e =
        assertThrows(RequestException.class, () -> Bitmaps.copy(Pixels.filled(2, 3, 1), bitmap));
    assertEquals(
        "The bitmap is 3x2, the picture 2x3. Make a bitmap of that size, with Bitmaps.of.",
        e.getMessage());
  }

  @Test
  public void copy_into_an_immutable_bitmap_then_says_how_to_copy_it() {
    Bitmap fixed = Bitmaps.of(Pixels.filled(1, 1, 1)).copy(Bitmap.Config.ARGB_8888, false);
    Exception e =
        assertThrows(RequestException.class, () -> Bitmaps.copy(Pixels.filled(1, 1, 2), fixed));
    assertTrue(
        e.getMessage(), e.getMessage().contains("bitmap.copy(Bitmap.Config.ARGB_8888, true)"));
  }

  @Test
  public void pixels_with_two_channels_or_of_a_recycled_bitmap_then_refused() {
    Bitmap bitmap = Bitmaps.of(Pixels.filled(1, 1, 1));
    assertThrows(RequestException.class, () -> Bitmaps.pixels(bitmap, 2));
    bitmap.recycle();
    assertThrows(RequestException.class, () -> Bitmaps.pixels(bitmap, 3));
  }

  @Test
  public void of_several_then_one_bitmap_each() {
    List<Bitmap> bitmaps = Bitmaps.of(List.of(Pixels.filled(1, 1, 5), Pixels.filled(2, 2, 6)));
    assertEquals(0xff050505, bitmaps.get(0).getPixel(0, 0));
    assertEquals(0xff060606, bitmaps.get(1).getPixel(1, 1));
  }
}
