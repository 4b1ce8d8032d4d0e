/**
 * Words and turns of phrase that read as translated, each with what to write. CONTRIBUTING.md
 * explains the style.
 */

/**
 * `{ name, pattern, write }`. A pattern is matched without regard to case on passages of prose
 * (scripts/prose.mjs), where code in backticks is left out. `\s+` stands for a blank: a phrase may
 * go on in the next line.
 */
export const WORDS = [
  {
    name: 'is no X',
    pattern: /(?<!\bthere\s+)\b(?:is|are|was|were|be)\s+no\s+(?!longer\b|more\b|less\b|fewer\b|later\b|sooner\b)/,
    write: '"is not a valid X", "has no X"',
  },
  {
    name: 'is none',
    pattern: /(?<!\bthere\s+)\b(?:is|are|was|were)\s+none\b/,
    write: '"is not one", "does not exist"',
  },
  { name: 'nobody', pattern: /\bnobody(?:'s)?\b/, write: '"no one", "no caller", or the passive of what happens' },
  { name: 'somebody', pattern: /\bsomebody(?:'s)?\b/, write: '"another caller", "a user"' },
  { name: 'whoever', pattern: /\bwho(?:m|so)?ever\b/, write: '"any caller", "the caller that"' },
  { name: 'whatever', pattern: /\bwhat(?:so)?ever\b/, write: '"any", "however it ends"' },
  { name: 'anew', pattern: /\banew\b/, write: '"again", "from the start"' },
  { name: 'meanwhile', pattern: /\bmeanwhile\b/, write: '"while", "in between"' },
  { name: 'shall', pattern: /\bshall\b/, write: '"must", "will"' },
  {
    name: 'there is no X',
    pattern: /\bthere\s+(?:is|are|was|were)\s+(?:no|none|nothing)\b/,
    write: '"has no X", "X does not exist", "without X"',
  },
  { name: 'where there is', pattern: /\bwhere\s+there\s+(?:is|are|was|were)\b/, write: '"if it has", "with"' },
  { name: 'what there is', pattern: /\bwhat\s+there\s+(?:is|was)\b/, write: '"everything", the noun that it is' },
  { name: 'anybody', pattern: /\banybody(?:'s)?\b/, write: '"any caller", "a user"' },
  { name: 'hears of', pattern: /\b(?:hears?|heard)\s+of\b/, write: '"receives", "learns"' },
  { name: 'told of', pattern: /\b(?:is|are|was|were|be)\s+told\s+(?:of|so)\b/, write: '"receives", "is reported"' },
  {
    name: 'where for if',
    pattern: /\b(?:absent|null|undefined|empty|set|succeeds|throws|fails|false|true|unset)\s+where\b/,
    write: '"if"',
  },
  { name: 'any more', pattern: /\bany\s+more\b/, write: '"no longer" before the verb, or nothing' },
  { name: 'the clock stands', pattern: /\bclock(?:\s+of\s+\w+)?(?:\s+that)?\s+stands\b/, write: '"stops"' },
  { name: 'takes its way', pattern: /\b(?:takes?|taking|took)\s+(?:its|their)\s+way\b/, write: '"goes", "is sent"' },
  { name: 'the one before', pattern: /\bthe\s+ones?\s+before\b/, write: '"the previous X"' },
  {
    name: 'of before',
    pattern: /\b(?:a|the|one)\s+\w+\s+of\s+before\b/,
    write: '"an earlier X", "the previous X"',
  },
  {
    name: 'thereof',
    pattern: /\b(?:thereof|thereby|therein|hereby|herein|whereby|wherein)\b/,
    write: '"by this", "in it"',
  },
  {
    name: 'what is X does Y',
    // At the start of a sentence, with its own verb after the clause; a question and a heading have
    // none of both.
    pattern:
      /(?<=^\s*|[.;:]\s+)what\s+(?:is|are|was|has|have|can|cannot|comes|takes|holds|belongs|remains|stays|leads|needs|ends|fails)\b[^.?!;:|]*\s(?:is|are|was|has|have|does|do|goes|stays|ends|counts|gets|must|will|can|cannot|may)\s[^?]*?(?=[.;]|$(?![\s\S]))/m,
    write: 'the noun that it is: "A stopped agent keeps its name"',
  },
];

/** First words of a commit's subject that show that it is not imperative. */
export const NOT_IMPERATIVE = new RegExp(
  [
    // Articles, pronouns, question words, adverbs of time.
    '^(?:an?|the|this|that|these|those|it|its|we|i|our|my|no|not|now|new|some|all|every|each|what|when|where|which|who|why|how)\\b',
    // "Added", "Adding"; "Adds" and "Fixes".
    '^(?!(?:need|embed|feed|shed|speed|seed|proceed|exceed|succeed)\\b)\\w+ed\\b',
    '^(?!(?:bring|string|ping|ring)\\b)\\w+ing\\b',
    '^(?:adds|allows|avoids|changes|checks|drops|ends|fixes|gives|keeps|lets|makes|moves|reads|refuses|removes|renames|says|sends|sets|shows|stops|takes|tells|tests|updates|uses|writes)\\b',
  ].join('|'),
  'i',
);

/** Characters of a subject that every tool shows. */
export const SUBJECT_LENGTH = 72;
