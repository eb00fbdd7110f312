package dev.sampo.diffusion;

import dev.sampo.model.ModelFolder;
import dev.sampo.specs.ImageFormat;
import dev.sampo.specs.SampoCard;
import dev.sampo.specs.SampoJson;

/**
 * The numbers that a network's pictures have.
 *
 * @param low the number for black
 * @param high the number for full brightness
 */
record ValueRange(float low, float high) {
  /** What diffusers' pipelines take all networks to have. */
  static final ValueRange DIFFUSERS = new ValueRange(-1, 1);

  /** What {@code image.range} of the folder's sampo.json or sampo-card.json says, for a model in pixel space. */
  static ValueRange of(ModelFolder folder) {
    SampoJson json = folder.sampoJson();
    SampoCard card = folder.card();
    ImageFormat image = json != null && json.image() != null ? json.image() : null;
    if (image == null && card != null) {
      image = card.image();
    }
    return image == null ? DIFFUSERS : new ValueRange((float) image.low(), (float) image.high());
  }
}
