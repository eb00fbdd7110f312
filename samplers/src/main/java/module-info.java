/** The mathematics of sampling: noise schedules, logits, searches, latents and random streams. */
module dev.sampo.samplers {
  requires static transitive org.jspecify;
  requires transitive dev.sampo.error;
  requires com.fasterxml.jackson.databind;

  exports dev.sampo.samplers.diffusion;
  exports dev.sampo.samplers.diffusion.solver;
  exports dev.sampo.samplers.latent;
  exports dev.sampo.samplers.random;
  exports dev.sampo.samplers.text;
  exports dev.sampo.samplers.text.constraint;
  exports dev.sampo.samplers.text.draw;
  exports dev.sampo.samplers.text.processor;
  exports dev.sampo.samplers.text.search;
  exports dev.sampo.samplers.text.stop;
}
