"""Whether what a pond stands on is in order: each question by itself, in bounded time."""

from pond_pipeline.doctor.exam import Answer, Diagnosis, Exam, Grade, examine
from pond_pipeline.doctor.exams import exams_of

__all__ = ["Answer", "Diagnosis", "Exam", "Grade", "examine", "exams_of"]
