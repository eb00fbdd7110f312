package dev.sampo.examples.android;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNotSame;
import static org.junit.Assert.assertTrue;

import android.graphics.Bitmap;
import android.os.Looper;
import android.view.View;
import android.view.ViewGroup;
import android.widget.Button;
import android.widget.TextView;
import dev.sampo.picture.GanPipeline;
import dev.sampo.picture.PictureRequest;
import dev.sampo.picture.Pixels;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.android.controller.ActivityController;
import org.robolectric.shadow.api.Shadow;
import org.robolectric.shadows.ShadowPausedLooper;

@RunWith(RobolectricTestRunner.class)
public class MainActivityTest {
  /** The app on the models of the project. */
  public static class TestActivity extends MainActivity {
    @Override
    AppFiles files() {
      return new ShippedFiles(getFilesDir().toPath().resolve("tuned"));
    }

    <T extends Screen> T screen(Class<T> type) {
      return screens().stream().filter(type::isInstance).map(type::cast).findFirst().orElseThrow();
    }
  }

  private static List<View> views(View root) {
    List<View> all = new ArrayList<>();
    all.add(root);
    if (root instanceof ViewGroup group) {
      for (int i = 0; i < group.getChildCount(); i++) {
        all.addAll(views(group.getChildAt(i)));
      }
    }
    return all;
  }

  private static Button button(View root, String label) {
    return views(root).stream()
        .filter(v -> v instanceof Button b && label.contentEquals(b.getText()))
        .map(Button.class::cast)
        .findFirst()
        .orElseThrow();
  }

  private static String text(Screen screen) {
    StringBuilder all = new StringBuilder();
    for (View view : views(screen.view())) {
      if (view instanceof TextView text) {
        all.append(text.getText()).append('\n');
      }
    }
    return all.toString();
  }

  /** Lets the main thread work until something is so. */
  private static void until(BooleanSupplier condition) {
    ShadowPausedLooper looper = Shadow.extract(Looper.getMainLooper());
    for (int turn = 0; turn < 1200; turn++) {
      // A view that wants to be laid out holds messages back until the next frame: let frames pass.
      looper.idleFor(Duration.ofMillis(50));
      if (condition.getAsBoolean()) {
        return;
      }
      looper.poll(100); // until a message comes
    }
    throw new AssertionError("It did not come to that.");
  }

  private static View root(TestActivity activity) {
    return activity.findViewById(android.R.id.content);
  }

  @Test
  public void tabs_then_one_screen_is_seen() {
    try (ActivityController<TestActivity> controller =
        Robolectric.buildActivity(TestActivity.class).setup()) {
      TestActivity activity = controller.get();
      button(root(activity), "Digits").performClick();
      assertEquals(View.GONE, activity.screen(TextScreen.class).view().getVisibility());
      assertEquals(View.VISIBLE, activity.screen(DigitsScreen.class).view().getVisibility());
      assertEquals(View.GONE, activity.screen(TuningScreen.class).view().getVisibility());
    }
  }

  @Test
  public void write_then_text_appears_under_the_prompt() {
    try (ActivityController<TestActivity> controller =
        Robolectric.buildActivity(TestActivity.class).setup()) {
      TextScreen screen = controller.get().screen(TextScreen.class);
      Button write = button(screen.view(), "Write");
      assertFalse(button(screen.view(), "Stop").isEnabled());
      write.performClick();
      assertFalse(write.isEnabled());
      assertTrue(button(screen.view(), "Stop").isEnabled());
      until(write::isEnabled);
      assertTrue(text(screen), text(screen).contains("Done after"));
      assertTrue(screen.written(), screen.written().startsWith("And the king said"));
      assertTrue(screen.written(), screen.written().length() > 40);
    }
  }

  @Test
  public void gan_then_bitmap_has_the_pixels_of_the_pipeline() {
    try (ActivityController<TestActivity> controller =
        Robolectric.buildActivity(TestActivity.class).setup()) {
      DigitsScreen screen = controller.get().screen(DigitsScreen.class);
      screen.draw(DigitsPresenter.Kind.GAN, 42);
      until(() -> screen.bitmap() != null);
      Pixels wanted;
      try (GanPipeline gan = GanPipeline.open(ShippedFiles.shipped("digits-gan"))) {
        wanted =
            gan.sample(PictureRequest.builder().classLabel(7).seed(42).build())
                .pictures()
                .pixels(0);
      }
      Bitmap bitmap = screen.bitmap();
      assertNotNull(bitmap);
      assertEquals(wanted.widthPx(), bitmap.getWidth());
      assertEquals(wanted.heightPx(), bitmap.getHeight());
      int light = 0;
      for (int y = 0; y < bitmap.getHeight(); y++) {
        for (int x = 0; x < bitmap.getWidth(); x++) {
          int grey = wanted.at(x, y, 0);
          assertEquals(0xff000000 | grey * 0x010101, bitmap.getPixel(x, y));
          light += grey > 128 ? 1 : 0;
        }
      }
      assertTrue("a digit has strokes: " + light, light > 20);
    }
  }

  @Test
  public void rotation_while_drawing_then_old_work_is_closed_and_the_new_screen_draws()
      throws Exception {
    try (ActivityController<TestActivity> controller =
        Robolectric.buildActivity(TestActivity.class).setup()) {
      TestActivity old = controller.get();
      button(root(old), "Digits").performClick();
      DigitsScreen before = old.screen(DigitsScreen.class);
      before.draw(DigitsPresenter.Kind.DIFFUSION, 5);
      until(() -> before.bitmap() != null);
      controller.recreate();
      TestActivity fresh = controller.get();
      assertNotSame(old, fresh);
      for (Worker worker : old.workers()) {
        assertTrue(worker.awaitEnd(120, TimeUnit.SECONDS));
      }
      DigitsScreen after = fresh.screen(DigitsScreen.class);
      assertEquals(View.VISIBLE, after.view().getVisibility());
      assertNotNull("the picture is kept", after.bitmap());
      after.draw(DigitsPresenter.Kind.GAN, 1);
      until(button(after.view(), "GAN")::isEnabled);
      assertFalse(text(after), text(after).contains("Drawing"));
    }
  }

  @Test
  public void destroy_then_workers_end() throws Exception {
    ActivityController<TestActivity> controller =
        Robolectric.buildActivity(TestActivity.class).setup();
    TestActivity activity = controller.get();
    button(activity.screen(TextScreen.class).view(), "Write").performClick();
    button(activity.screen(TuningScreen.class).view(), "Train").performClick();
    controller.close();
    for (Worker worker : activity.workers()) {
      assertTrue(worker.awaitEnd(120, TimeUnit.SECONDS));
    }
  }
}
