/** Text to ids and back, and chat templates, in pure Java. */
module dev.sampo.tokenizer {
  requires static transitive org.jspecify;
  requires transitive dev.sampo.error;
  requires com.fasterxml.jackson.databind;

  exports dev.sampo.tokenizer;
  exports dev.sampo.tokenizer.chat;
}
