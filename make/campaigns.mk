# Breaking things on purpose, and what it costs in rooms. Sizes: KILLS=20 RACES=10 ANSWERS=2000 for a fifth.

KILLS ?= 100
RACES ?= 50
ANSWERS ?= 10000

.PHONY: campaign-kill campaign-race fuzz coverage

campaign-kill: $(STAMP) ## kill KILLS workers per vendor with SIGKILL, retry, clear: one room per name
	$(BIN)/python tests/campaigns/kill.py --kills $(KILLS)

campaign-race: $(STAMP) ## RACES races of two workers for one name per vendor: one room
	$(BIN)/python tests/campaigns/race.py --races $(RACES)

fuzz: $(STAMP) ## ANSWERS mangled answers per vendor, and long runs of the state machine
	ROOMS_FUZZ_ANSWERS=$(ANSWERS) ROOMS_MACHINE_EXAMPLES=$$(( $(ANSWERS) / 100 )) $(BIN)/python -m pytest -s tests/fuzz tests/machine
