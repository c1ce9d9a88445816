"""Words of talk beside an instruction, as a closed list: moods, the day, the look of a chart; see `asides`."""

TALK = (
    "accumulating afraid airport although always amazing angry annoyed anxious anymore apologies apology argh "
    "asleep awake away awesome awful baby babysitting bad basing battery bear bearish bears beautiful because bed "
    "been beer being believe best better bigger biggest bills birthday board boarding bored boring bother bouncing "
    "boy boyfriend breakfast bro brother brother's bull bullish bulls bus busy calm candles car care careful cat "
    "cause cautious chart's chest chill chop chopping choppy class coffee coiling coin's cold comfortable comfy "
    "commute commuting computer confident connection consolidating conviction convinced cooking cooled cooling "
    "copium count counts crap crazy crowd curious cuz dad dad's damn dang dangerous day days decided dentist desk "
    "dinner doctor dog doing done driving early easy eating enjoy errands euphoria euphoric everybody everyone "
    "everyone's everywhere exam excited excuse exhausted expecting eyes fakeout family fast favorite favourite "
    "fear fearful fed feel feeling feels felt fine finished flight folks fomo forever frankly friend friends "
    "frothy fuck fun funny gaming girlfriend glad good gosh grateful great greedy gut guys gym hand hands happy "
    "hard hate hates he head headache heart heavy hell her hey him holiday holidays home honestly hopeful hopium "
    "hospital hot hotel hours house however hunch hungover hungry husband idc impatient insane instinct "
    "interesting internet jeez jittery job juicy keep keeping kid kids killing kind kinda know laptop late lately "
    "lazy learned learning leave leaving let life like likes literally lmao looked looking looks lord lot lots "
    "loves loving luck lucky lunch main many market markets meeting meetings mind miss missed missing mom momentum "
    "momentum's money months movie much nap need nervous nervy nice night nobody noise obviously office offline "
    "often okay omg online oof optimistic other others outside overextended paid pain paranoid pardon party "
    "patient paycheck peace peaceful people personally pessimistic phew phone plane platforms ppl pretty quick "
    "quiet quite rain raining rally's ranging reading ready recently relax relaxed relaxing remember rent restless "
    "retail risky rofl run running runs rush sad safe safer salary scaling scared scares scary school screen seem "
    "seemed seems serious seriously shaky she shit shower sick sideways sigh sister sketchy sleep sleeping "
    "sleepless sleepy slow slowly smallest smart somehow someone's something sometimes somewhere soon sorta sorted "
    "sound sounds spooked stare staring strange stressed strong structure stuff such sunny super tasty team "
    "terrible thankful thanks they'd they've thing things thinking thirsty though ticker tired together tonight's "
    "toppy totally touch touching train trap travel traveling travelling trend trending trip trust trusting try "
    "ugh ugly uncomfortable unlucky up us usually vacation very vibes volatile wanting watching way weak weather "
    "wedding week weeks weird welp who's wicks wife wifi wild wiped work world worried worse worst wow xd year "
    "years yikes you you'd you've your yours "
    "whatever want wants wanted nowhere wrong "
)
"""Words with spaces between; each of these says nothing about what to do, when or how much.

A word that could (“joke”, “test”, “said”) is not here.
"""

QUALIFYING = (
    "soon slowly slow fast quick quite sometimes always forever often usually lately late early recently day "
    "days week weeks months year years hours other others other's many most main best better bigger biggest "
    "smallest together easy safe safer momentum worst worse ready quiet dinner breakfast lunch bed weekend "
    "holiday holidays meeting meetings vacation trip anymore much again somehow someone's something less more "
    "hard strong weak wrong "
)
"""Those of them that may say when, how or how much where no sentence is made of them: "buy 2 SOL, slowly"."""
