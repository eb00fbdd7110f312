package dev.sampo.diffusion;

/** Told after each model call how far the picture is. Called on the thread that generates. */
@FunctionalInterface
public interface StepListener {

  /** One model call was made and its step taken. */
  void onStep(DiffusionStep step);
}
