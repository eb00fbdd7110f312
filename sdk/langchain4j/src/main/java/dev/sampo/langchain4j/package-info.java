/**
 * Sampo's models behind LangChain4j's interfaces, in the same process: {@link dev.sampo.langchain4j.SampoChatModel}, {@link
 * dev.sampo.langchain4j.SampoStreamingChatModel}, {@link dev.sampo.langchain4j.SampoEmbeddingModel}, {@link
 * dev.sampo.langchain4j.SampoImageModel}, {@link dev.sampo.langchain4j.SampoTokenCountEstimator}.
 */
@NullMarked
package dev.sampo.langchain4j;

import org.jspecify.annotations.NullMarked;
